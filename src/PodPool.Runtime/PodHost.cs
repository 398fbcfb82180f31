using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.V1;
using PodPool.Runtime.Life;
using PodPool.Runtime.Loader;
using PodPool.Runtime.Loader.Certificates;
using PodPool.Runtime.Loading;
using PodPool.Runtime.Logging;
using PodPool.Runtime.Rehearsing;
using PodPool.Runtime.Serving;

namespace PodPool.Runtime;

/// <summary>Composes the pod, and is the process's life: start, rehearse, be warm, serve, end.</summary>
internal sealed partial class PodHost : IAsyncDisposable
{
    /// <summary>Less than a cluster's 30 s between SIGTERM and SIGKILL.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(25);

    private readonly TaskCompletionSource<int> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PodOptions _options;
    private readonly TimeProvider _time;
    private readonly JsonLogs _logs;
    private readonly LoggerFactory _loggers;
    private readonly ILogger<PodHost> _logger;
    private readonly LoaderIdentity? _identity;
    private readonly ClaimVerifier _verifier;
    private readonly PodLife _life;
    private readonly FunctionApplication _application;
    private readonly Pod _pod;
    private readonly WebApplication _loader;
    private readonly FunctionEndpoint _functions;

    /// <exception cref="FormatException">The loader's certificate is not as it must be; the message says what is wrong.</exception>
    public PodHost(PodOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _logs = new(Console.OpenStandardOutput(), time);
        _loggers = new LoggerFactory([_logs], new LoggerFilterOptions
        {
            MinLevel = LogLevel.Information,
            Rules = { new(null, "Microsoft", LogLevel.Warning, null), new(null, "Grpc", LogLevel.Warning, null) },
        });
        _logger = _loggers.CreateLogger<PodHost>();
        _identity = options.LoaderCertificate is { } certificate ? new(certificate, time, _loggers.CreateLogger<LoaderIdentity>()) : null;
        _verifier = new(options.PodId, options.ClaimKey, time);
        _life = new(options.PodId);
        _application = new(time, _loggers.CreateLogger<FunctionApplication>());
        var folder = Directory.CreateDirectory(Path.Combine(options.FilesFolder, "package")).FullName;
        _pod = new(options, SpecializerFor(_life, _verifier, folder), _application, time, _loggers.CreateLogger<Pod>());
        _loader = LoaderEndpoint.Build(options, _identity, _loggers, _ => new(_pod));
        _functions = new(options.FunctionAddress, _application, _loader.Services);
    }

    /// <returns>The process's exit code.</returns>
    public async Task<int> RunAsync()
    {
        // The terminal's Ctrl-C goes to the whole group; when the pod ends is its manager's business.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            _end.TrySetResult(0);
        });
        AppDomain.CurrentDomain.UnhandledException += (_, unhandled) => Log.Crashed(_logger, unhandled.ExceptionObject as Exception);
        TaskScheduler.UnobservedTaskException += (_, unobserved) => Log.Unobserved(_logger, unobserved.Exception);

        await _functions.StartAsync(CancellationToken.None).ConfigureAwait(false);
        await _loader.StartAsync(CancellationToken.None).ConfigureAwait(false);
        Log.Listening(_logger, _options.PodId, _options.LoaderAddress, _options.FunctionAddress);
        var begun = _time.GetTimestamp();
        if (_options.Rehearse && await Task.WhenAny(RehearseAsync(), _end.Task).ConfigureAwait(false) is var first)
        {
            await first.ConfigureAwait(false);
            if (first == _end.Task)
            {
                return await _end.Task.ConfigureAwait(false);
            }
        }

        _pod.BecomeWarm(_time.GetElapsedTime(begun));
        var watching = WatchAsync();
        var code = await _end.Task.ConfigureAwait(false);
        await _pod.DrainAsync(Grace).ConfigureAwait(false);
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        _pod.Stop();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), _time);
        await _functions.StopAsync(patience.Token).ConfigureAwait(false);
        await _loader.StopAsync(patience.Token).ConfigureAwait(false);
        _functions.Dispose();
        await _loader.DisposeAsync().ConfigureAwait(false);
        _pod.Dispose();
        _verifier.Dispose();
        _loggers.Dispose();
    }

    private async Task RehearseAsync()
    {
        _logs.IsMuted = true;
        try
        {
            await new Rehearsal(_options, _identity, _pod, _application, _time, SpecializerFor).RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _logs.IsMuted = false;
        }
    }

    /// <summary>A function that ends by itself (an application that stops) takes its pod with it, as it would its own process.</summary>
    private async Task WatchAsync()
    {
        await ((Task)_life.Outcome).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_application.Bound is not { } bound)
        {
            return;
        }

        var ended = bound.Target.Ended;
        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_life.State.Phase == PodPhase.PodServing)
        {
            Log.EndedByItself(_logger, bound.Target.EntryPoint, ended.Exception?.InnerException);
            _life.Fail(new(Reason.InstanceGone, $"{bound.Target.EntryPoint} ended by itself"));
            _end.TrySetResult(1);
        }
    }

    private Specializer SpecializerFor(PodLife life, ClaimVerifier verifier, string folder)
        => new(
            life, verifier, folder, new HeldFiles(folder + "-held"), new StartRecorder(Path.Combine(_options.FilesFolder, "profile"), _time), _application, _logs, _time,
            _loggers.CreateLogger<Specializer>());

    private static partial class Log
    {
        [LoggerMessage(4, LogLevel.Information, "Pod {Pod} listens: loader on {LoaderAddress}, functions on {FunctionAddress}", EventName = "Listening")]
        public static partial void Listening(ILogger logger, string pod, string loaderAddress, string functionAddress);

        [LoggerMessage(1, LogLevel.Critical, "An exception that nobody caught ends the process", EventName = "Crashed")]
        public static partial void Crashed(ILogger logger, Exception? exception);

        [LoggerMessage(2, LogLevel.Error, "A task failed and nobody looked", EventName = "UnobservedTaskException")]
        public static partial void Unobserved(ILogger logger, Exception exception);

        [LoggerMessage(3, LogLevel.Critical, "{EntryPoint} ended by itself", EventName = "EndedByItself")]
        public static partial void EndedByItself(ILogger logger, string entryPoint, Exception? exception);
    }
}
