using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>Some objects of a list.</summary>
/// <param name="Items">In the server's order.</param>
/// <param name="Version">Of the whole list: a watch from here misses nothing.</param>
/// <param name="Continue">Asks for what follows; null: that was all.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string Version, string? Continue);

/// <summary>
/// The objects of one kind, of the library's classes and of ours alike. Every method throws <see cref="ApiException"/>, whose
/// <see cref="ApiException.Failure"/> says what went wrong.
/// </summary>
internal sealed class Resource<T>(KubernetesApi api, TimeProvider time)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const string MergePatch = "application/merge-patch+json";

    // JSON is YAML, and every server understands this name of it.
    private const string ApplyPatch = "application/apply-patch+yaml";

    /// <summary>The kind.</summary>
    public ResourceKind Kind { get; } = ResourceKind.Of<T>();

    /// <summary>Lists and watches see only this one's; null: all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Lists and watches see only what has these labels; null: all.</summary>
    public string? Labels { get; init; }

    /// <summary>Lists and watches see only what has these fields; null: all.</summary>
    public string? Fields { get; init; }

    /// <summary>Its requests stand in no queue, and failures come back at once.</summary>
    public bool Urgent { get; init; }

    /// <summary>Lists, not older than what was written before.</summary>
    /// <param name="limit">Objects at most; 0: all.</param>
    /// <param name="continue">From the page before; null: from the start.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Page<T>> ListAsync(int limit, string? @continue, CancellationToken cancellationToken)
    {
        var query = Query();
        if (limit > 0)
        {
            query.Add(("limit", Text(limit)));
        }

        if (@continue is not null)
        {
            query.Add(("continue", @continue));
        }

        var list = await ReadAsync<ItemList>(Call("list"), HttpMethod.Get, Kind.Path(Namespace) + Text(query), null, cancellationToken).ConfigureAwait(false);
        foreach (var item in list.Items)
        {
            // Left out of lists; what was listed shall be like what was watched.
            item.ApiVersion = Kind.ApiVersion;
            item.Kind = Kind.Kind;
        }

        var next = list.Metadata.ContinueProperty;
        return new(list.Items, list.Metadata.ResourceVersion ?? "", string.IsNullOrEmpty(next) ? null : next);
    }

    /// <summary>Opens a watch.</summary>
    /// <param name="version">What came later than this is told.</param>
    /// <param name="timeout">After this the server ends it.</param>
    /// <param name="cancellationToken">Ends the opening; afterwards the watch's own methods take one.</param>
    /// <returns>To be disposed of.</returns>
    public async Task<Watch<T>> WatchAsync(string version, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var call = Call("watch") with { Retried = false };
        var query = Query();
        query.Add(("watch", "1"));
        query.Add(("allowWatchBookmarks", "true"));
        query.Add(("resourceVersion", version));
        query.Add(("timeoutSeconds", Text((long)Math.Ceiling(timeout.TotalSeconds))));
        var response = await api.SendAsync(call, HttpMethod.Get, Kind.Path(Namespace) + Text(query), null, cancellationToken).ConfigureAwait(false);
        try
        {
            return new(call, response, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public Task<T> GetAsync(ObjectName name, CancellationToken cancellationToken)
        => ReadAsync<T>(Call("get"), HttpMethod.Get, Kind.Path(name.Namespace, name.Name), null, cancellationToken);

    /// <summary>Creates an object in its namespace.</summary>
    /// <remarks>An answer that was lost shows as <see cref="ApiFailure.Unreachable"/>: whether it was created must be looked up.</remarks>
    public Task<T> CreateAsync(T subject, CancellationToken cancellationToken)
        => ReadAsync<T>(Call("create", repeatable: false), HttpMethod.Post, Kind.Path(subject.Metadata.NamespaceProperty), Json(Named(subject)), cancellationToken);

    /// <summary>Replaces a whole object, only if it is still of the version that <paramref name="subject"/> names.</summary>
    public Task<T> ReplaceAsync(T subject, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(subject.Metadata.ResourceVersion);
        return ReadAsync<T>(Call("update"), HttpMethod.Put, PathOf(ObjectName.Of(subject)), Json(Named(subject)), cancellationToken);
    }

    /// <summary>
    /// Server-side apply: the object shall have these fields, those that this manager applied before and no longer names go, and all
    /// others stay. Creates what is not there.
    /// </summary>
    /// <param name="subject">Only what this manager wants to say.</param>
    /// <param name="manager">Who says so.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="below">A subresource: <c>status</c>; null: the object.</param>
    public Task<T> ApplyAsync(T subject, string manager, CancellationToken cancellationToken, string? below = null)
        => ReadAsync<T>(
            Call("patch", below),
            HttpMethod.Patch,
            $"{PathOf(ObjectName.Of(subject), below)}?fieldManager={Uri.EscapeDataString(manager)}&force=true",
            Json(Named(subject), ApplyPatch),
            cancellationToken);

    /// <summary>Changes the fields that a patch names; null removes one.</summary>
    /// <param name="name">Which object.</param>
    /// <param name="patch">As the object is built.</param>
    /// <param name="version">Only if it is still of this version, else <see cref="ApiFailure.Conflict"/>; null: whatever it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<T> PatchAsync(ObjectName name, JsonObject patch, string? version, CancellationToken cancellationToken)
        => PatchAsync(name, null, patch, version, cancellationToken);

    /// <summary>The same for the status, which changes nothing else.</summary>
    /// <param name="name">Which object.</param>
    /// <param name="status">What becomes of its status.</param>
    /// <param name="version">Only if it is still of this version, else <see cref="ApiFailure.Conflict"/>; null: whatever it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<T> PatchStatusAsync(ObjectName name, JsonNode status, string? version, CancellationToken cancellationToken)
        => PatchAsync(name, "status", new() { ["status"] = status }, version, cancellationToken);

    /// <summary>Says how many there shall be of what an object stands for.</summary>
    /// <param name="name">Which object.</param>
    /// <param name="replicas">How many.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<V1Scale> ScaleAsync(ObjectName name, int replicas, CancellationToken cancellationToken) => ReadAsync<V1Scale>(
        Call("patch", "scale"), HttpMethod.Patch, PathOf(name, "scale"), Json(new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }, MergePatch), cancellationToken);

    /// <summary>Deletes an object, or begins to. One that is not there, or is another of the same name, is left alone.</summary>
    /// <param name="name">Which object.</param>
    /// <param name="uid">Only if it is this one; null: whichever has the name.</param>
    /// <param name="grace">How long its processes get; null: as the object says.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Whether it was there.</returns>
    public async Task<bool> DeleteAsync(ObjectName name, string? uid, TimeSpan? grace, CancellationToken cancellationToken)
    {
        var options = new V1DeleteOptions
        {
            GracePeriodSeconds = grace is { } wanted ? (long)Math.Ceiling(wanted.TotalSeconds) : null,
            Preconditions = uid is null ? null : new V1Preconditions { Uid = uid },
            PropagationPolicy = "Background",
        };
        try
        {
            var call = Call("delete");
            using var response = await api.SendAsync(call, HttpMethod.Delete, PathOf(name), Json(options), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.NotFound || (uid is not null && exception.Failure == ApiFailure.Conflict))
        {
            return false;
        }
    }

    private Task<T> PatchAsync(ObjectName name, string? below, JsonObject patch, string? version, CancellationToken cancellationToken)
    {
        if (version is not null)
        {
            patch = (JsonObject)patch.DeepClone();
            if (patch["metadata"] is not JsonObject metadata)
            {
                patch["metadata"] = metadata = [];
            }

            metadata["resourceVersion"] = version;
        }

        return ReadAsync<T>(Call("patch", below), HttpMethod.Patch, PathOf(name, below), Json(patch, MergePatch), cancellationToken);
    }

    private async Task<TBody> ReadAsync<TBody>(ApiCall call, HttpMethod method, string pathAndQuery, HttpContent? content, CancellationToken cancellationToken)
    {
        using var response = await api.SendAsync(call, method, pathAndQuery, content, cancellationToken).ConfigureAwait(false);
        using var deadline = new CancellationTokenSource(api.Options.AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            return await ApiJson.ReadAsync<TBody>(stream, either.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw KubernetesApi.Unreachable(call, exception);
        }
        catch (OperationCanceledException exception) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw KubernetesApi.Unreachable(call, new TimeoutException($"the answer did not end within {api.Options.AnswerTimeout.TotalSeconds:0.#} s", exception));
        }
        catch (JsonException exception)
        {
            throw new ApiException(ApiFailure.Other, $"cannot {call.Doing}: the answer is no {Kind.Kind} that can be read: {exception.Message}", exception);
        }
    }

    private ApiCall Call(string verb, string? below = null, bool repeatable = true)
    {
        var lane = Urgent ? ApiLane.Urgent : verb is "get" or "list" or "watch" ? ApiLane.Read : ApiLane.Write;
        return new(verb, below is null ? Kind.QualifiedName : $"{Kind.QualifiedName}/{below}", lane, repeatable, Retried: !Urgent);
    }

    private string PathOf(ObjectName name, string? below = null) => Kind.Path(name.Namespace, name.Name, below);

    private T Named(T subject)
    {
        subject.ApiVersion = Kind.ApiVersion;
        subject.Kind = Kind.Kind;
        return subject;
    }

    private List<(string Name, string Value)> Query()
    {
        var query = new List<(string, string)>();
        if (Labels is not null)
        {
            query.Add(("labelSelector", Labels));
        }

        if (Fields is not null)
        {
            query.Add(("fieldSelector", Fields));
        }

        return query;
    }

    private static string Text(List<(string Name, string Value)> query)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in query)
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return text.ToString();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static ByteArrayContent Json(object value, string type = "application/json")
        => new(ApiJson.Write(value)) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    /// <summary>A list as it is on the wire.</summary>
    private sealed record ItemList
    {
        public V1ListMeta Metadata { get; init; } = new();

        public List<T> Items { get; init; } = [];
    }
}
