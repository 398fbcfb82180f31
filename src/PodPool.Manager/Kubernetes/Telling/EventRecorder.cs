using System.Globalization;
using System.Threading.Channels;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Manager.Kubernetes.Telling;

/// <summary>
/// Writes events (<c>events.k8s.io/v1</c>) beside everything else. The same once more is counted in the event that is there, and an object
/// with much to say is cut short: the rules are those of client-go's recorder. An event that cannot be written is lost; the conditions
/// say what there is.
/// </summary>
internal sealed partial class EventRecorder
{
    /// <summary>Who tells, as events name it.</summary>
    public const string Controller = "podpool.dev/manager";

    private const int Waiting = 1000;
    private const int LongestNote = 1024;
    private const int LongestName = 253;

    /// <summary>The same within this time after the last one is counted, not told anew.</summary>
    private static readonly TimeSpan Same = TimeSpan.FromMinutes(10);

    private readonly Channel<(V1ObjectReference About, ObjectEvent What, DateTimeOffset At)> _waiting
        = Channel.CreateBounded<(V1ObjectReference, ObjectEvent, DateTimeOffset)>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly Resource<Eventsv1Event> _events;
    private readonly string _instance;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Used by the one who writes alone.</summary>
    private readonly Dictionary<(string Uid, ObjectEvent What), Told> _told = [];

    private readonly Dictionary<string, EventAllowance> _allowances = [];

    /// <param name="api">Where they are written.</param>
    /// <param name="instance">Which manager tells.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what could not be written.</param>
    public EventRecorder(KubernetesApi api, string instance, TimeProvider time, ILogger<EventRecorder> logger)
        => (_events, _instance, _time, _logger) = (api.Resource<Eventsv1Event>(), instance, time, logger);

    /// <summary>Something happened to an object. Returns at once.</summary>
    public void Record(IKubernetesObject<V1ObjectMeta> subject, ObjectEvent what) => _waiting.Writer.TryWrite((
        new()
        {
            ApiVersion = subject.ApiVersion,
            Kind = subject.Kind,
            Name = subject.Metadata.Name,
            NamespaceProperty = subject.Metadata.NamespaceProperty,
            Uid = subject.Metadata.Uid,
            ResourceVersion = subject.Metadata.ResourceVersion,
        },
        what with { Message = what.Message.Length <= LongestNote ? what.Message : what.Message[..(LongestNote - 1)] + "…" },
        _time.GetUtcNow()));

    /// <summary>Writes until it is ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var (about, what, at) in _waiting.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            Forget(at);
            try
            {
                await TellAsync(about, what, at, cancellationToken).ConfigureAwait(false);
            }
            catch (ApiException exception)
            {
                Log.NotTold(_logger, about.Kind, about.NamespaceProperty, about.Name, what.Reason, exception.Message);
            }
        }
    }

    private async Task TellAsync(V1ObjectReference about, ObjectEvent what, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (_told.TryGetValue((about.Uid, what), out var told))
        {
            told = told with { Count = told.Count + 1, At = at };
            if (await CountAsync(told, cancellationToken).ConfigureAwait(false))
            {
                _told[(about.Uid, what)] = told;
                return;
            }
        }

        if (!_allowances.TryGetValue(about.Uid, out var allowance))
        {
            _allowances[about.Uid] = allowance = new(at);
        }

        if (!allowance.TryTake(at))
        {
            return;
        }

        // As client-go names them: two of one object within a tick of the clock are the same event.
        var suffix = "." + at.UtcTicks.ToString("x", CultureInfo.InvariantCulture);
        var name = about.Name.Length + suffix.Length <= LongestName ? about.Name : about.Name[..(LongestName - suffix.Length)].TrimEnd('.', '-');
        var created = await _events.CreateAsync(
            new()
            {
                Metadata = new() { Name = name + suffix, NamespaceProperty = about.NamespaceProperty },
                EventTime = Micro(at),
                ReportingController = Controller,
                ReportingInstance = _instance,
                Action = "Reconcile",
                Type = what.IsWarning ? "Warning" : "Normal",
                Reason = what.Reason,
                Note = what.Message,
                Regarding = about,
            },
            cancellationToken).ConfigureAwait(false);
        _told[(about.Uid, what)] = new(ObjectName.Of(created), 1, at);
    }

    /// <returns>False: the event is gone.</returns>
    private async Task<bool> CountAsync(Told told, CancellationToken cancellationToken)
    {
        try
        {
            var series = new JsonObject
            {
                ["count"] = told.Count,
                ["lastObservedTime"] = told.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            };
            await _events.PatchAsync(told.Name, new() { ["series"] = series }, version: null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.NotFound)
        {
            return false;
        }
    }

    /// <summary>What nothing more will be added to.</summary>
    private void Forget(DateTimeOffset now)
    {
        foreach (var (key, told) in _told)
        {
            if (now - told.At > Same)
            {
                _told.Remove(key);
            }
        }

        foreach (var (uid, allowance) in _allowances)
        {
            if (allowance.IsWhole(now))
            {
                _allowances.Remove(uid);
            }
        }
    }

    /// <summary>The server reads six decimals and nothing else; the client library writes a whole second without any.</summary>
    private static DateTime Micro(DateTimeOffset at) => at.Ticks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond ? at.UtcDateTime.AddMicroseconds(1) : at.UtcDateTime;

    private sealed record Told(ObjectName Name, int Count, DateTimeOffset At);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The event {Reason} of {Kind} {Namespace}/{Name} could not be written: {Message}", EventName = "NotTold")]
        public static partial void NotTold(ILogger logger, string kind, string @namespace, string name, string reason, string message);
    }
}
