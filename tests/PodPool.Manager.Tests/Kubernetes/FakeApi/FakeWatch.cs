using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>A watch that is open, for a test to disturb.</summary>
internal sealed class FakeWatch(FakeRequest request, FakeStore store, TimeProvider time)
{
    private readonly ConcurrentQueue<string> _injected = new();
    private volatile TaskCompletionSource _nudge = NewSignal();
    private volatile bool _isStalled;
    private volatile bool _wantsBookmark;
    private volatile bool _ends;
    private volatile bool _drops;

    public FakeRequest Request { get; } = request;

    /// <summary>Changes the lines of each batch before they are written: doubles them, repeats old ones, swaps them.</summary>
    public Func<IReadOnlyList<string>, IEnumerable<string>>? Garble { get; init; }

    /// <summary>Says nothing more, and does not end.</summary>
    public void Stall() => _isStalled = true;

    /// <summary>Ends as the server's own time limit does.</summary>
    public void End() => Nudge(() => _ends = true);

    /// <summary>Breaks the connection.</summary>
    public void Drop() => Nudge(() => _drops = true);

    /// <summary>Tells the version, when everything before is told.</summary>
    public void Bookmark() => Nudge(() => _wantsBookmark = true);

    /// <summary>Writes any event.</summary>
    public void Send(string type, JsonObject subject) => Nudge(() => _injected.Enqueue(Line(type, subject.ToJsonString())));

    /// <summary>Writes anything.</summary>
    public void SendRaw(string line) => Nudge(() => _injected.Enqueue(line));

    /// <summary>Writes an error event.</summary>
    public void SendError(int code, string reason) => Send("ERROR", new FakeApiError(code, reason, "injected").Status);

    public async Task ServeAsync(HttpContext context, long from, bool startsWithAll)
    {
        var aborted = context.RequestAborted;
        var selector = Request.Selector;
        var seconds = int.TryParse(Request.Query["timeoutSeconds"], out var asked) ? asked : 1800;
        var timeout = Task.Delay(TimeSpan.FromSeconds(seconds), time, aborted);
        var cursor = from;
        if (startsWithAll)
        {
            var (items, version, _) = store.List(Request.Kind, selector, 0, null);
            cursor = version;
            await WriteAsync(context, [.. items.Select(item => Line("ADDED", item.ToString()))]);
        }

        while (!timeout.IsCompleted && !aborted.IsCancellationRequested)
        {
            var (nudge, next) = (_nudge.Task, store.Next);
            if (_drops)
            {
                context.Abort();
                return;
            }

            if (!_isStalled)
            {
                IReadOnlyList<FakeChange> changes;
                try
                {
                    (changes, cursor) = store.Since(cursor, Request.Kind);
                }
                catch (FakeApiError error)
                {
                    await WriteAsync(context, [Line("ERROR", error.Status.ToJsonString())]);
                    return;
                }

                var lines = new List<string>();
                while (_injected.TryDequeue(out var line))
                {
                    lines.Add(line);
                }

                lines.AddRange(changes.Select(change => LineOf(change, selector)).OfType<string>());
                if (Garble is { } garble && lines.Count > 0)
                {
                    lines = [.. garble(lines)];
                }

                if (_wantsBookmark && Request.Query["allowWatchBookmarks"] == "true")
                {
                    _wantsBookmark = false;
                    lines.Add(Line("BOOKMARK", new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = $"{cursor}" } }.ToJsonString()));
                }

                await WriteAsync(context, lines);
                if (_ends)
                {
                    return;
                }
            }

            await Task.WhenAny(nudge, next, timeout);
        }

        if (_isStalled && !aborted.IsCancellationRequested)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, aborted);
        }
    }

    public static string Line(string type, string subject) => $"{{\"type\":\"{type}\",\"object\":{subject}}}";

    private static string? LineOf(FakeChange change, FakeSelector selector)
    {
        var (saw, sees) = (selector.Sees(change.Before), !change.IsDeletion && selector.Sees(change.After));
        return (saw, sees) switch
        {
            (false, true) => Line("ADDED", change.After.ToString()),
            (true, true) => Line("MODIFIED", change.After.ToString()),
            (true, false) => Line("DELETED", Gone(change)),
            _ => null,
        };
    }

    /// <summary>As it was when it was last seen, of the version it went with.</summary>
    private static string Gone(FakeChange change)
    {
        var last = change.IsDeletion ? change.After.ToNode() : change.Before!.ToNode();
        last["metadata"]!["resourceVersion"] = $"{change.Version}";
        return last.ToJsonString();
    }

    private static async Task WriteAsync(HttpContext context, List<string> lines)
    {
        if (lines.Count > 0)
        {
            await context.Response.WriteAsync(string.Concat(lines.Select(line => line + "\n")), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private void Nudge(Action change)
    {
        change();
        var nudge = _nudge;
        _nudge = NewSignal();
        nudge.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
