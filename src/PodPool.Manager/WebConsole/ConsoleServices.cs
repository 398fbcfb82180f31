using PodPool.Manager.Pools;
using PodPool.Manager.WebConsole.Advice;
using PodPool.Manager.WebConsole.History;

namespace PodPool.Manager.WebConsole;

/// <summary>What a manager with a console has besides.</summary>
internal static class ConsoleServices
{
    public static void AddConsole(this IServiceCollection services)
    {
        services.AddSingleton<StartFigures>();
        services.AddSingleton<LevelRecorder>();
        services.AddHostedService(provider => provider.GetRequiredService<LevelRecorder>());
        services.AddSingleton<ConsoleView>();
        services.AddSingleton<ConsoleFeed>();
        services.AddSingleton(provider => new AdviceDesk(
            provider.GetRequiredService<PoolSet>(), provider.GetRequiredService<ManagerOptions>(), provider.GetRequiredService<TimeProvider>(), Advisor.Advise));
        services.AddSingleton<ConsoleServer>();
        services.AddHostedService(provider => provider.GetRequiredService<ConsoleServer>());
    }
}
