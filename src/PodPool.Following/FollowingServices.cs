using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace PodPool.Following;

/// <summary>Puts together what keeps the streams with managers.</summary>
internal static class FollowingServices
{
    /// <summary>A follower, and a stream with every manager from the start of the host to its end.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="settings">Where managers are.</param>
    public static void AddManagers<TFollower, TUp, TDown>(this IServiceCollection services, ManagerSettings settings)
        where TFollower : class, IFollower<TUp, TDown>
        where TUp : class
        where TDown : class
    {
        services.AddSingleton(settings);
        services.TryAddSingleton<INameResolver, SystemNameResolver>();
        services.AddSingleton<IFollower<TUp, TDown>, TFollower>();
        services.AddSingleton<Succession<TUp, TDown>>();
        services.AddSingleton<ManagerSet<TUp, TDown>>();
        services.AddHostedService(provider => provider.GetRequiredService<ManagerSet<TUp, TDown>>());
    }
}
