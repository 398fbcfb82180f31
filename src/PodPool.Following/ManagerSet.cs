using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.Wire;

namespace PodPool.Following;

/// <summary>
/// Keeps a stream with each manager there is, for the process's whole life. A name is looked up every few seconds, and at once when a
/// connection failed: who is new is talked with, who is not named any more is forgotten when its connection ends.
/// </summary>
internal sealed class ManagerSet<TUp, TDown>(
    IFollower<TUp, TDown> follower, Succession<TUp, TDown> succession, INameResolver names, ManagerSettings settings, TimeProvider time, ILoggerFactory loggers)
    : BackgroundService
    where TUp : class
    where TDown : class
{
    private static readonly TimeSpan LookUpEvery = TimeSpan.FromSeconds(5);

    /// <summary>With nobody to talk with, a name is all there is to wait for.</summary>
    private static readonly TimeSpan LookUpUnknownEvery = TimeSpan.FromSeconds(1);

    /// <summary>Many connections that fail at once are one reason to look up.</summary>
    private static readonly TimeSpan ShortestGap = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly Dictionary<EndPoint, Task> _streams = [];
    private readonly List<Source> _sources = [];
    private readonly ILogger _logger = loggers.CreateLogger("PodPool.Following.ManagerSet");
    private readonly ILogger _streamLogger = loggers.CreateLogger("PodPool.Following.ManagerStream");
    private FolderIdentity? _identity;

    /// <summary>The addresses that a stream is kept with, or tried.</summary>
    public IReadOnlyCollection<EndPoint> Current
    {
        get
        {
            lock (_gate)
            {
                return [.. _streams.Keys];
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.ManagerCertificate is { } folder)
        {
            _identity = await FolderIdentity.WaitAsync(folder, time, _logger, stoppingToken).ConfigureAwait(false);
        }

        _sources.AddRange(ManagerAddress.ParseAll(settings.Manager).Select(address => new Source(address)));
        foreach (var source in _sources.Where(source => source.Address.EndPoint is not null))
        {
            Take(source, [source.Address.EndPoint!], stoppingToken);
        }

        await Task.WhenAll(_sources.Where(source => source.Address.EndPoint is null).Select(source => LookUpAsync(source, stoppingToken))).ConfigureAwait(false);
        Task[] running;
        lock (_gate)
        {
            running = [.. _streams.Values];
        }

        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private async Task LookUpAsync(Source source, CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            source.Failed.Reset();
            try
            {
                var found = await names.ResolveAsync(source.Address.Host, source.Address.Port, stoppingToken).ConfigureAwait(false);
                if (found.Count == 0)
                {
                    throw new SocketException((int)SocketError.NoData);
                }

                Take(source, found, stoppingToken);
                failures = 0;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever kept the name from being looked up: those who were found before are still talked with.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                ManagerSetLog.NotFound(_logger, failures++ == 0 ? LogLevel.Warning : LogLevel.Debug, source.Address.Text, exception.Message);
            }

            var gap = ShortestGap * (0.75 + (Random.Shared.NextDouble() / 2));
            await Task.Delay(gap, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var rest = source.EndPoints.Count > 0 ? LookUpEvery : LookUpUnknownEvery;
            await Task.WhenAny(source.Failed.Happened, Task.Delay(rest, time, enough.Token)).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes in what a source names now.</summary>
    private void Take(Source source, IReadOnlyCollection<EndPoint> named, CancellationToken stoppingToken)
    {
        lock (_gate)
        {
            source.EndPoints = [.. named];
            foreach (var endPoint in source.EndPoints)
            {
                if (!_streams.ContainsKey(endPoint))
                {
                    ManagerSetLog.Found(_logger, endPoint.ToString()!, source.Address.Text);
                    _streams[endPoint] = Task.Run(() => KeepAsync(endPoint, stoppingToken), CancellationToken.None);
                }
            }
        }
    }

    private async Task KeepAsync(EndPoint endPoint, CancellationToken stoppingToken)
    {
        using var stream = new ManagerStream<TUp, TDown>(endPoint, _identity, follower, succession, settings.ConnectTimeout, time, _streamLogger);
        await stream.RunAsync(Failed, () => IsWanted(endPoint), stoppingToken).ConfigureAwait(false);
    }

    private void Failed() => _sources.ForEach(source => source.Failed.Set());

    /// <summary>Whether anything still names an address; if not, it is forgotten.</summary>
    private bool IsWanted(EndPoint endPoint)
    {
        lock (_gate)
        {
            if (_sources.Exists(source => source.EndPoints.Contains(endPoint)))
            {
                return true;
            }

            _streams.Remove(endPoint);
            ManagerSetLog.Forgotten(_logger, endPoint.ToString()!);
            return false;
        }
    }

    /// <summary>An address as it was written, and what it stands for by now.</summary>
    private sealed class Source(ManagerAddress address)
    {
        public ManagerAddress Address { get; } = address;

        /// <summary>A connection failed since it was looked up.</summary>
        public Signal Failed { get; } = new();

        public HashSet<EndPoint> EndPoints { get; set; } = [];
    }
}

internal static partial class ManagerSetLog
{
    [LoggerMessage(1, LogLevel.Debug, "A manager at {Manager}, by {Name}")]
    public static partial void Found(ILogger logger, string manager, string name);

    [LoggerMessage(2, LogLevel.Debug, "No manager at {Manager} any more")]
    public static partial void Forgotten(ILogger logger, string manager);

    [LoggerMessage(EventId = 3, Message = "The managers' name {Name} could not be looked up: {Message}")]
    public static partial void NotFound(ILogger logger, LogLevel level, string name, string message);
}
