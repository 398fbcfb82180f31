using System.Collections.Immutable;
using k8s;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Manager.Kubernetes.Watching;

/// <summary>
/// Keeps a copy of all objects of a kind: lists them page by page, then watches, and goes on from where it was when a watch ends.
/// </summary>
/// <remarks>
/// <code>
///        ┌────────── 410, or events that cannot be read ──────────┐
///        ▼                                                        │
///   list all pages ──► hand over to the store ──► watch from its version ──► ended, broken, silent
///        ▲ │ failed: wait                              ▲ │ an event, a bookmark       │
///        └─┘                                           │ └► store                     │
///                                                      └──── failed: wait ────────────┘
/// </code>
/// </remarks>
internal sealed partial class Informer<T> : IDisposable
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Resource<T> _resource;
    private readonly InformerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ObjectStore<T> _store;
    private readonly Func<T, T>? _transform;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private int _runs;
    private int _failures;
    private bool _isBehind = true;
    private bool _listsWhole;
    private long _contact;
    private ApiException? _failure;

    /// <param name="resource">What is watched.</param>
    /// <param name="options">How.</param>
    /// <param name="transform">Drops what nobody needs before it is stored; it may change the object it is given, but not its metadata's identity.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of trouble.</param>
    public Informer(Resource<T> resource, InformerOptions options, Func<T, T>? transform, TimeProvider time, ILogger<Informer<T>> logger)
    {
        _resource = resource;
        _options = options;
        _time = time;
        _logger = logger;
        _transform = transform;
        _store = new(logger);
        _contact = time.GetTimestamp();
    }

    /// <summary>Completes when the first list is in the store and the handlers know it.</summary>
    public Task Synced => _synced.Task;

    /// <summary>Completes when the server was asked for the first time, whatever came of it: <see cref="Synced"/> has completed then, or <see cref="Failure"/> says why not.</summary>
    public Task Asked => _asked.Task;

    /// <summary>All objects, as of now: a snapshot.</summary>
    public ImmutableDictionary<ObjectName, T> All => _store.All;

    /// <summary>How many.</summary>
    public int Count => _store.All.Count;

    /// <summary>How long ago the server was last heard of; a bookmark counts, and comes about every minute.</summary>
    public TimeSpan SinceContact => _time.GetElapsedTime(Volatile.Read(ref _contact));

    /// <summary>What is wrong at the moment; null: nothing.</summary>
    public ApiException? Failure => Volatile.Read(ref _failure);

    /// <summary>The same, in words.</summary>
    public string? Trouble => Failure?.Message;

    /// <summary>An object; null: there is none, as far as is known.</summary>
    public T? Find(string @namespace, string name) => _store.All.GetValueOrDefault(new(@namespace, name));

    /// <summary>Adds somebody who is told what happens.</summary>
    /// <exception cref="InvalidOperationException">The informer runs already.</exception>
    public void Tell(IInformerHandler<T> handler)
    {
        if (Volatile.Read(ref _runs) != 0)
        {
            throw new InvalidOperationException("who is to be told must be added before the informer runs");
        }

        _store.Tell(handler);
    }

    /// <summary>Runs until it is ended. Trouble with the server does not end it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _runs, 1) != 0)
        {
            throw new InvalidOperationException("an informer runs once");
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        try
        {
            while (true)
            {
                await RoundAsync(ending.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            _synced.TrySetCanceled(ending.Token);
            _asked.TrySetCanceled(ending.Token);
        }
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_isBehind)
            {
                await ListAsync(cancellationToken).ConfigureAwait(false);
                _isBehind = false;
                _synced.TrySetResult();
                _asked.TrySetResult();
            }

            await WatchAsync(cancellationToken).ConfigureAwait(false);
            return;
        }
        catch (ApiException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _failures++;
            _isBehind |= exception.Failure is not (ApiFailure.Unreachable or ApiFailure.Unavailable or ApiFailure.Denied);
            if (exception.Failure == ApiFailure.Gone && _failures == 1)
            {
                Log.FellBehind(_logger, _resource.Kind.QualifiedName, exception.Message);
                return;
            }

            if (Interlocked.Exchange(ref _failure, exception) is null)
            {
                Log.Troubled(_logger, _resource.Kind.QualifiedName, exception.Message);
            }

            _asked.TrySetResult();
        }

        await Task.Delay(_options.Backoff.After(_failures), _time, cancellationToken).ConfigureAwait(false);
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var items = new List<T>();
        string? next = null;
        do
        {
            Page<T> page;
            try
            {
                page = await _resource.ListAsync(_listsWhole ? 0 : _options.PageSize, next, cancellationToken).ConfigureAwait(false);
            }
            catch (ApiException exception) when (exception.Failure == ApiFailure.Gone)
            {
                // The server forgot the list before its end was read. All at once, that cannot happen.
                _listsWhole = true;
                throw;
            }

            Heard();
            items.AddRange(page.Items.Select(Trim));
            next = page.Continue;
            if (next is null)
            {
                _store.Replace(items, page.Version);
            }
        }
        while (next is not null);

        _listsWhole = false;
        Log.Listed(_logger, _resource.Kind.QualifiedName, items.Count, _store.Version);
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var timeout = _options.WatchTimeout * (1 + Random.Shared.NextDouble());
        var patience = timeout + _options.WatchMargin;
        var begun = _time.GetTimestamp();
        var told = false;
        using var silence = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            using var watch = await _resource.WatchAsync(_store.Version, timeout, either.Token).ConfigureAwait(false);
            Heard();
            _store.RaiseFloor();
            await foreach (var happened in watch.ReadAllAsync(either.Token).ConfigureAwait(false))
            {
                told = true;
                silence.CancelAfter(patience);
                Heard();
                Recovered();
                _store.Apply(happened with { Subject = happened.Subject is { } subject ? Trim(subject) : null });
            }
        }
        catch (OperationCanceledException exception) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ApiException(ApiFailure.Unreachable, $"cannot watch {_resource.Kind.QualifiedName}: nothing was heard for {patience.TotalSeconds:0} s", exception);
        }

        if (_time.GetElapsedTime(begun) >= _options.ShortestWatch)
        {
            Recovered();
        }
        else if (!told)
        {
            throw new ApiException(ApiFailure.Unavailable, $"cannot watch {_resource.Kind.QualifiedName}: the server ended the watch at once");
        }
    }

    private T Trim(T subject) => _transform is null ? subject : _transform(subject);

    private void Heard() => Volatile.Write(ref _contact, _time.GetTimestamp());

    private void Recovered()
    {
        _failures = 0;
        if (Interlocked.Exchange(ref _failure, null) is not null)
        {
            Log.Recovered(_logger, _resource.Kind.QualifiedName);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Listed {Count} {Kind} at version {Version}", EventName = "Listed")]
        public static partial void Listed(ILogger logger, string kind, int count, string version);

        [LoggerMessage(2, LogLevel.Information, "Lists {Kind} anew: {Message}", EventName = "FellBehind")]
        public static partial void FellBehind(ILogger logger, string kind, string message);

        [LoggerMessage(3, LogLevel.Warning, "Knows of {Kind} only what it knew: {Message}", EventName = "Troubled")]
        public static partial void Troubled(ILogger logger, string kind, string message);

        [LoggerMessage(4, LogLevel.Information, "Sees {Kind} again", EventName = "Recovered")]
        public static partial void Recovered(ILogger logger, string kind);
    }
}
