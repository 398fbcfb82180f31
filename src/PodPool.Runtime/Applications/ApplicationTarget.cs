using System.Reflection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using PodPool.Contracts.V1;
using PodPool.Runtime.EntryPoints;
using PodPool.Runtime.Life;
using PodPool.Runtime.Logging;
using PodPool.Runtime.Serving;

namespace PodPool.Runtime.Applications;

/// <summary>
/// A whole, unmodified ASP.NET Core application. Its program runs as it is: its own services, middleware, configuration and
/// hosted services. Only its server, its console and its hold on the process's signals are replaced by the pod's.
/// </summary>
internal sealed class ApplicationTarget : FunctionTarget
{
    private readonly string _name;
    private readonly JsonLogs _logs;
    private readonly ProgramRun _program;
    private readonly RequestGate _gate;
    private IApplicationPipeline? _pipeline;
    private IHostApplicationLifetime? _lifetime;
    private long? _maxRequestBodySize;
    private bool _allowSynchronousIO;

    public ApplicationTarget(string name, MethodInfo main, JsonLogs logs, RequestGate gate)
    {
        _name = name;
        _logs = logs;
        _gate = gate;
        _program = new(main, builder => builder.ConfigureServices((_, services) => Replace(services)));
    }

    public override string EntryPoint => _name;

    public override Task Ended => _program.Ended;

    public override async Task StartAsync()
    {
        _program.Start();
        await Task.WhenAny(_program.Built, _program.Ended).ConfigureAwait(false);
        if (!_program.Built.IsCompleted)
        {
            throw await EndedEarlyAsync("before it built a host").ConfigureAwait(false);
        }

        var services = (await _program.Built.ConfigureAwait(false)).Services;
        _lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (_lifetime.ApplicationStarted.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), started))
        {
            await Task.WhenAny(started.Task, _program.Ended).ConfigureAwait(false);
        }

        if (!started.Task.IsCompleted)
        {
            throw await EndedEarlyAsync("before its server was started").ConfigureAwait(false);
        }

        _pipeline = (services.GetService<IServer>() as PodServer)?.Pipeline ?? throw new RefusalException(
            Reason.EntryPointInvalid, $"{_name}: the program's host has no web server. A function's program is an ASP.NET Core application");

        // The limits that the application set for its own Kestrel go on holding.
        var kestrel = services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;
        _maxRequestBodySize = kestrel.Limits.MaxRequestBodySize;
        _allowSynchronousIO = kestrel.AllowSynchronousIO;
    }

    public override void Begin(Exchange exchange)
    {
        if (_maxRequestBodySize is { } limit && exchange.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = limit;
        }

        if (_allowSynchronousIO && exchange.Features.Get<IHttpBodyControlFeature>() is { } control)
        {
            control.AllowSynchronousIO = true;
        }

        _pipeline!.Begin(exchange);
    }

    public override Task ProcessAsync(Exchange exchange) => _pipeline!.ProcessAsync(exchange);

    public override void End(Exchange exchange) => _pipeline!.End(exchange);

    public override void BeginStop() => _lifetime?.StopApplication();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        BeginStop();
        await Task.WhenAny(_program.Ended).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Replace(IServiceCollection services)
    {
        services.RemoveAll<IServer>();
        services.AddSingleton<IServer>(_ => new PodServer(_gate));
        services.RemoveAll<IHostLifetime>();
        services.AddSingleton<IHostLifetime, PodHostLifetime>();
        for (var index = services.Count - 1; index >= 0; index--)
        {
            if (services[index].ServiceType == typeof(ILoggerProvider) && !services[index].IsKeyedService
                && services[index].ImplementationType == typeof(ConsoleLoggerProvider))
            {
                services[index] = ServiceDescriptor.Singleton<ILoggerProvider>(_logs);
            }
        }
    }

    private async Task<RefusalException> EndedEarlyAsync(string when)
    {
        try
        {
            var code = await _program.Ended.ConfigureAwait(false);
            return new RefusalException(
                Reason.StartupFailed,
                $"{_name}: the program ended with exit code {code} {when}. An application runs until it is stopped (app.Run()); if the function is a class of it, name the class: {_name}::Namespace.Type");
        }
        catch (Exception exception) when (exception is not RefusalException)
        {
            return Loading.LoadFaults.Explain(exception, _name, Reason.StartupFailed);
        }
    }

    /// <summary>The pod, not the application, hears the process's signals.</summary>
    private sealed class PodHostLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
