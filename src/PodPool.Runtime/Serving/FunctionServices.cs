using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PodPool.Functions;
using PodPool.Runtime.Logging;

namespace PodPool.Runtime.Serving;

/// <summary>What a function is made from. Nothing is built before somebody asks: a function that needs nothing pays nothing.</summary>
/// <param name="folder">The package's, for its appsettings.</param>
/// <param name="startup">The package's start-up type, if it has one.</param>
/// <param name="logs">Where its loggers write; what they let through its own configuration says.</param>
internal sealed class FunctionServices(string folder, Type? startup, JsonLogs logs) : IServiceScopeFactory, IAsyncDisposable
{
    private readonly Lazy<ServiceProvider> _provider = new(() => Build(folder, startup, logs));
    private IHttpContextAccessor? _accessor;

    /// <summary>Makes the function, by constructor injection.</summary>
    public object Create(Type type)
    {
        if (startup is null && type.GetConstructors() is [{ } only] && only.GetParameters().Length == 0)
        {
            return only.Invoke(BindingFlags.DoNotWrapExceptions, null, null, null);
        }

        _accessor = _provider.Value.GetService<IHttpContextAccessor>();
        return ActivatorUtilities.CreateInstance(_provider.Value, type);
    }

    /// <summary>A request begins.</summary>
    public void Enter(HttpContext context)
    {
        if (_accessor is { } accessor)
        {
            accessor.HttpContext = context;
        }
    }

    /// <summary>A request ends.</summary>
    public void Leave()
    {
        if (_accessor is { } accessor)
        {
            accessor.HttpContext = null;
        }
    }

    public IServiceScope CreateScope() => _provider.Value.CreateScope();

    public async ValueTask DisposeAsync()
    {
        if (_provider.IsValueCreated)
        {
            await _provider.Value.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static ServiceProvider Build(string folder, Type? startup, JsonLogs logs)
    {
        var configuration = Configure(folder);
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSingleton(TimeProvider.System);
        services.AddLogging(logging => logging.AddConfiguration(configuration.GetSection("Logging")));
        services.AddSingleton<ILoggerProvider>(logs);
        if (startup is not null)
        {
            ((IFunctionStartup)Activator.CreateInstance(startup)!).Configure(services, configuration);
        }

        return services.BuildServiceProvider();
    }

    private static IConfigurationRoot Configure(string folder)
    {
        var environment = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? "Production";
        var builder = new ConfigurationBuilder();
        foreach (var name in new[] { "appsettings.json", $"appsettings.{environment}.json" })
        {
            // Asked here and not by the provider: a file provider is more than a file that is not there is worth.
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                builder.AddJsonFile(path, optional: false, reloadOnChange: false);
            }
        }

        return builder.AddEnvironmentVariables().Build();
    }
}
