using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace PodPool.EndToEnd.Caller;

/// <summary>Who is to be called.</summary>
/// <param name="Url">Where to.</param>
/// <param name="Function">Who is to answer.</param>
internal sealed record Target(string Url, string Function);

/// <summary>What is to be called, and how hard.</summary>
/// <param name="Targets">Each caller takes them in turn, each beginning with another.</param>
/// <param name="Callers">Requests at once.</param>
/// <param name="PauseMilliseconds">Of a caller between an answer and the next request.</param>
/// <param name="Requests">Of each caller; zero: until the end is asked for.</param>
/// <param name="DelayMilliseconds">Before the first request: for what is to happen when nobody can say so.</param>
internal sealed record LoadPlan(Target[] Targets, int Callers, int PauseMilliseconds, int Requests, int DelayMilliseconds);

/// <summary>A request that was not answered as it should have been. Times are the caller's clock, in milliseconds since 1970.</summary>
/// <param name="Kind"><c>connect</c>: nothing was sent; <c>lost</c>: sent, and no answer came; <c>wrong</c>: another function's answer; or the status with the reason.</param>
internal sealed record Failure(string Function, string Kind, long StartedAt, long EndedAt, string Detail);

/// <summary>Where a load is.</summary>
/// <param name="Now">The caller's clock, in milliseconds since 1970.</param>
/// <param name="Sent">Requests that began.</param>
/// <param name="Answered">By the function that was meant.</param>
/// <param name="Failures">All others that ended.</param>
/// <param name="Starts">Answers by how the request found its instance.</param>
/// <param name="Instances">Each pod that answered, with the functions that it answered as and their versions.</param>
/// <param name="LongestMilliseconds">Of an answer.</param>
internal sealed record LoadCount(
    int Id, long Now, int Sent, int Answered, Failure[] Failures, Dictionary<string, int> Starts, Dictionary<string, string[]> Instances, double LongestMilliseconds);

/// <summary>All loads, by number.</summary>
internal sealed class Loads(Client client)
{
    private readonly ConcurrentDictionary<int, Load> _loads = new();
    private int _last;

    public LoadCount Start(LoadPlan plan)
    {
        var load = new Load(Interlocked.Increment(ref _last), plan, client);
        _loads[load.Id] = load;
        return load.Count();
    }

    public Load Find(int id) => _loads[id];
}

/// <summary>Callers who ask, each as soon as it was answered, and write down what came of every request.</summary>
internal sealed class Load
{
    private readonly LoadPlan _plan;
    private readonly Client _client;
    private readonly ConcurrentQueue<Failure> _failures = new();
    private readonly ConcurrentDictionary<string, int> _starts = new();
    private readonly ConcurrentDictionary<(string Instance, string What), bool> _instances = new();
    private readonly Task _running;
    private readonly Lock _gate = new();
    private volatile bool _ending;
    private int _sent;
    private int _answered;
    private double _longest;

    public Load(int id, LoadPlan plan, Client client)
    {
        (Id, _plan, _client) = (id, plan, client);
        _running = Task.WhenAll(Enumerable.Range(0, plan.Callers).Select(number => Task.Run(() => CallAsync(number))));
    }

    public int Id { get; }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    public LoadCount Count()
    {
        var instances = _instances.Keys.GroupBy(pair => pair.Instance).ToDictionary(group => group.Key, group => group.Select(pair => pair.What).Order(StringComparer.Ordinal).ToArray());
        return new(Id, Now, Volatile.Read(ref _sent), Volatile.Read(ref _answered), [.. _failures], new(_starts), instances, _longest);
    }

    /// <summary>No request is given up: each that began has ended, and of those that were counted each was made.</summary>
    public async Task<LoadCount> EndAsync()
    {
        _ending = _plan.Requests == 0;
        await _running;
        return Count();
    }

    private async Task CallAsync(int number)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(_plan.DelayMilliseconds), TimeProvider.System);
        for (var turn = 0; !_ending && (_plan.Requests == 0 || turn < _plan.Requests); turn++)
        {
            await CallAsync(_plan.Targets[(number + turn) % _plan.Targets.Length]);
            await Task.Delay(TimeSpan.FromMilliseconds(_plan.PauseMilliseconds), TimeProvider.System);
        }
    }

    private async Task CallAsync(Target target)
    {
        Interlocked.Increment(ref _sent);
        var (began, started) = (Now, TimeProvider.System.GetTimestamp());
        void Failed(string kind, string detail) => _failures.Enqueue(new(target.Function, kind, began, Now, detail.Length > 600 ? detail[..600] : detail));
        using var request = new HttpRequestMessage(HttpMethod.Get, target.Url);
        using var patience = new CancellationTokenSource(Client.Patience, TimeProvider.System);
        try
        {
            using var response = await _client.SendAsync(request, patience.Token);
            var body = await response.Content.ReadAsStringAsync(patience.Token);
            if (!response.IsSuccessStatusCode)
            {
                Failed(((int)response.StatusCode).ToString(CultureInfo.InvariantCulture) + " " + ReasonOf(body), body);
                return;
            }

            using var answer = JsonDocument.Parse(body);
            var function = answer.RootElement.GetProperty("function").GetString()!;
            var instance = answer.RootElement.GetProperty("instance").GetString()!;
            _instances.TryAdd((instance, $"{function} {answer.RootElement.GetProperty("version").GetString()}"), true);
            if (function != target.Function)
            {
                Failed("wrong", body);
                return;
            }

            Interlocked.Increment(ref _answered);
            _starts.AddOrUpdate(string.Join(',', response.Headers.TryGetValues("x-podpool-start", out var values) ? values : ["none"]), 1, (_, count) => count + 1);
            lock (_gate)
            {
                _longest = Math.Max(_longest, TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
            }
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            Failed("connect", exception.ToString());
        }
        catch (OperationCanceledException exception) when (!patience.IsCancellationRequested)
        {
            // The time for a connection was over.
            Failed("connect", exception.ToString());
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException or OperationCanceledException)
        {
            Failed("lost", exception.ToString());
        }
    }

    private static string ReasonOf(string body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            return problem.RootElement.TryGetProperty("reason", out var reason) ? reason.ToString() : "?";
        }
        catch (JsonException)
        {
            return "?";
        }
    }
}
