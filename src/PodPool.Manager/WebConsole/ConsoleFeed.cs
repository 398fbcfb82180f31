using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace PodPool.Manager.WebConsole;

/// <summary>
/// Tells everybody who looks: first all there is, then what has changed, once a second at most. It is looked at once for all of them, and while nobody
/// looks not at all.
/// </summary>
internal sealed partial class ConsoleFeed(ConsoleView view, TimeProvider time, ILogger<ConsoleFeed> logger) : IDisposable
{
    /// <summary>How many may look at once; each is sent some hundred bytes a function at first.</summary>
    public const int MaxViewers = 32;

    /// <summary>Messages that one may be behind. It then begins anew, as a browser does by itself.</summary>
    private const int Backlog = 16;

    /// <summary>Seconds of silence before a sign of life; whoever hears none for long may take the connection for lost.</summary>
    private const int SilentSeconds = 10;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<Channel<ReadOnlyMemory<byte>>> _viewers = [];
    private ConsoleState? _state;
    private ITimer? _timer;
    private int _silent;

    /// <summary>How often everything was looked at.</summary>
    public long Looks { get; private set; }

    /// <summary>Begins to look.</summary>
    /// <returns>What is to be sent; null: as many look as may.</returns>
    public IAsyncEnumerable<ReadOnlyMemory<byte>>? Watch(CancellationToken cancellationToken)
    {
        var viewer = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(Backlog) { SingleReader = true });
        lock (_gate)
        {
            if (_viewers.Count == MaxViewers)
            {
                return null;
            }

            _state ??= Look();
            viewer.Writer.TryWrite(EventStream.Write(EventStream.Snapshot, view.ReadAll(_state)));
            _viewers.Add(viewer);
            _timer ??= time.CreateTimer(_ => Tick(), null, Second, Second);
        }

        return ReadAsync(viewer, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _viewers.ForEach(viewer => viewer.Writer.TryComplete());
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Channel<ReadOnlyMemory<byte>> viewer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var bytes in viewer.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return bytes;
            }
        }
        finally
        {
            Leave(viewer);
        }
    }

    private void Leave(Channel<ReadOnlyMemory<byte>> viewer)
    {
        lock (_gate)
        {
            if (_viewers.Remove(viewer) && _viewers.Count == 0)
            {
                _timer?.Dispose();
                (_timer, _state) = (null, null);
            }
        }
    }

    private void Tick()
    {
        try
        {
            lock (_gate)
            {
                // A tick that was under way when the last one left.
                if (_state is { } before)
                {
                    _state = Look();
                    Tell(Changes.Between(before, _state));
                }
            }
        }
        catch (Exception exception)
        {
            // The next second is another chance; a timer's exception would end the manager.
            Log.Failed(logger, exception);
        }
    }

    private ConsoleState Look()
    {
        Looks++;
        return view.Read(_state);
    }

    private void Tell(ConsoleMessage? message)
    {
        if (message is null && ++_silent < SilentSeconds)
        {
            return;
        }

        _silent = 0;
        var bytes = message is null ? EventStream.Nothing : EventStream.Write(EventStream.Change, message);
        foreach (var viewer in _viewers)
        {
            if (!viewer.Writer.TryWrite(bytes))
            {
                viewer.Writer.TryComplete();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The console could not look at the manager", EventName = "Failed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
