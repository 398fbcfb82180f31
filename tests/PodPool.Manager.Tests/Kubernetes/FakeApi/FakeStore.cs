using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>Something that happened to an object.</summary>
/// <param name="Before">As it was; null: it was not.</param>
/// <param name="After">As it is, or as it was when it went.</param>
internal sealed record FakeChange(long Version, FakeKind Kind, FakeObject? Before, FakeObject After, bool IsDeletion);

/// <summary>Which part of an object a write may change.</summary>
internal enum FakePart
{
    /// <summary>All but the status.</summary>
    Main,

    /// <summary>Only the status.</summary>
    Status,

    /// <summary>Everything: for tests that play a part of the cluster themselves.</summary>
    Whole,
}

/// <summary>
/// All objects of a cluster and what happened to them, by the API server's rules: one counter of versions, uids, generations,
/// preconditions, finalizers, graceful deletion of pods that are on a node; a history that can be cut short.
/// </summary>
internal sealed class FakeStore(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(FakeKind Kind, ObjectName Name), FakeObject> _objects = [];
    private readonly Dictionary<(FakeKind Kind, ObjectName Name, string Manager), JsonObject> _applied = [];
    private readonly Dictionary<string, (long Version, List<FakeObject> Items)> _pages = [];
    private readonly List<FakeChange> _history = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Below a power of ten: versions shall not be compared as texts.
    private long _version = 95;
    private long _compacted;
    private long _uids;

    /// <summary>Is told of every change, while nothing else can change: it must return at once.</summary>
    public Action<FakeChange>? Changed { get; set; }

    /// <summary>The version of the last change.</summary>
    public long Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }
    }

    /// <summary>Completes with the next change.</summary>
    public Task Next
    {
        get
        {
            lock (_gate)
            {
                return _next.Task;
            }
        }
    }

    /// <summary>All objects of a kind.</summary>
    public IReadOnlyList<FakeObject> All(FakeKind kind)
    {
        lock (_gate)
        {
            return [.. _objects.Where(one => one.Key.Kind == kind).Select(one => one.Value).OrderBy(one => (one.Namespace, one.Name))];
        }
    }

    /// <summary>An object; null: there is none.</summary>
    public FakeObject? Find(FakeKind kind, ObjectName name)
    {
        lock (_gate)
        {
            return _objects.GetValueOrDefault((kind, name));
        }
    }

    /// <summary>What happened after a version, and up to which.</summary>
    /// <exception cref="FakeApiError">That is no longer known.</exception>
    public (IReadOnlyList<FakeChange> Changes, long UpTo) Since(long version, FakeKind kind)
    {
        lock (_gate)
        {
            return version < _compacted
                ? throw FakeApiError.Expired($"too old resource version: {version} ({_compacted})")
                : ([.. _history.Where(change => change.Version > version && change.Kind == kind)], Math.Max(version, _version));
        }
    }

    /// <summary>Forgets what happened until now, and lists that are half read.</summary>
    public void Compact()
    {
        lock (_gate)
        {
            _compacted = _version;
            _history.Clear();
            _pages.Clear();
        }
    }

    /// <summary>A page of a list, all pages as of one version.</summary>
    public (IReadOnlyList<FakeObject> Items, long Version, string? Continue) List(FakeKind kind, FakeSelector selector, int limit, string? from)
    {
        lock (_gate)
        {
            var (version, rest) = (_version, default(List<FakeObject>));
            if (from is null)
            {
                rest = [.. All(kind).Where(selector.Sees)];
            }
            else if (_pages.Remove(from, out var kept))
            {
                (version, rest) = kept;
            }
            else
            {
                throw FakeApiError.Expired("The provided continue parameter is too old to display a consistent list result.");
            }

            if (limit == 0 || rest.Count <= limit)
            {
                return (rest, version, null);
            }

            var next = Guid.NewGuid().ToString("N");
            _pages[next] = (version, rest[limit..]);
            return (rest[..limit], version, next);
        }
    }

    /// <summary>Creates an object as the library's class describes it, with its status.</summary>
    public FakeObject Create<T>(T subject)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var kind = ResourceKind.Of<T>();
        (subject.ApiVersion, subject.Kind) = (kind.ApiVersion, kind.Kind);
        return Create(new(kind.Group, kind.Version, kind.Plural), subject.Metadata.NamespaceProperty ?? "", JsonNode.Parse(KubernetesJson.Serialize(subject))!.AsObject(), FakePart.Whole);
    }

    public FakeObject Create(FakeKind kind, string @namespace, JsonObject body, FakePart part = FakePart.Main)
    {
        lock (_gate)
        {
            var node = body.DeepClone().AsObject();
            var metadata = MetadataOf(node);
            if (Text(metadata, "name") is null && Text(metadata, "generateName") is { } prefix)
            {
                metadata["name"] = $"{prefix}{_uids + 1:x5}";
            }

            var name = new ObjectName(@namespace, Text(metadata, "name") ?? throw FakeApiError.Invalid(kind, "", "metadata.name: Required value: name or generateName is required"));
            if (_objects.ContainsKey((kind, name)))
            {
                throw FakeApiError.Exists(kind, name.Name);
            }

            if (@namespace.Length > 0)
            {
                metadata["namespace"] = @namespace;
            }

            metadata["uid"] = $"00000000-0000-0000-0000-{++_uids:x12}";
            metadata["creationTimestamp"] = Now();
            metadata["generation"] = 1;
            if (part == FakePart.Main)
            {
                node.Remove("status");
            }

            return Commit(kind, name, null, node, isDeletion: false);
        }
    }

    /// <summary>Changes an object.</summary>
    /// <param name="change">Makes of a copy of it what it shall be.</param>
    /// <exception cref="FakeApiError">It is not there, or it may not become that.</exception>
    public FakeObject Update(FakeKind kind, ObjectName name, FakePart part, Func<JsonObject, JsonObject> change)
    {
        lock (_gate)
        {
            var before = _objects.GetValueOrDefault((kind, name)) ?? throw FakeApiError.NotFound(kind, name.Name);
            var old = before.ToNode();
            var wanted = change(before.ToNode());
            var metadata = MetadataOf(wanted);
            if (Text(metadata, "uid") is { } uid && uid != before.Uid)
            {
                throw FakeApiError.Invalid(kind, name.Name, $"metadata.uid: Invalid value: \"{uid}\": field is immutable");
            }

            if (Text(metadata, "resourceVersion") is { } version && version != before.Text("metadata", "resourceVersion"))
            {
                throw FakeApiError.Modified(kind, name.Name);
            }

            var next = part == FakePart.Status ? old.DeepClone().AsObject() : wanted.DeepClone().AsObject();
            if (part != FakePart.Whole)
            {
                Copy("status", part == FakePart.Status ? wanted : old, next);
            }

            foreach (var given in new[] { "name", "namespace", "uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds" })
            {
                Copy(given, MetadataOf(old), MetadataOf(next));
            }

            Copy("apiVersion", old, next);
            Copy("kind", old, next);
            if (JsonNode.DeepEquals(old, next))
            {
                return before;
            }

            if (!JsonNode.DeepEquals(WithoutStatus(old), WithoutStatus(next)))
            {
                MetadataOf(next)["generation"] = (MetadataOf(old)["generation"]?.GetValue<long>() ?? 0) + 1;
            }

            var mayGo = before.IsDeleting && before.Text("metadata", "deletionGracePeriodSeconds") is null or "0";
            return Commit(kind, name, before, next, mayGo && MetadataOf(next)["finalizers"] is not JsonArray { Count: > 0 });
        }
    }

    /// <summary>Merges fields into an object, as a part of the cluster would: a kubelet's status, for example.</summary>
    public FakeObject Patch(FakeKind kind, ObjectName name, JsonObject patch, FakePart part = FakePart.Whole)
        => Update(kind, name, part, current => FakePatch.Merge(current, patch));

    /// <summary>Server-side apply.</summary>
    public FakeObject Apply(FakeKind kind, ObjectName name, FakePart part, JsonObject applied, string manager)
    {
        lock (_gate)
        {
            var before = _applied.GetValueOrDefault((kind, name, $"{manager}/{part}"));
            var result = part == FakePart.Main && !_objects.ContainsKey((kind, name))
                ? Create(kind, name.Namespace, applied)
                : Update(kind, name, part, current => FakePatch.Apply(current, applied, before));
            _applied[(kind, name, $"{manager}/{part}")] = applied.DeepClone().AsObject();
            return result;
        }
    }

    /// <summary>Deletes an object, or begins to: as finalizers and grace say.</summary>
    /// <param name="grace">In seconds; null: as the object says. 0: now.</param>
    public FakeObject Delete(FakeKind kind, ObjectName name, string? uid = null, long? grace = null)
    {
        lock (_gate)
        {
            var before = _objects.GetValueOrDefault((kind, name)) ?? throw FakeApiError.NotFound(kind, name.Name);
            if (uid is not null && uid != before.Uid)
            {
                throw FakeApiError.Conflict(kind, name.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {before.Uid}");
            }

            var next = before.ToNode();
            var isRunning = kind == FakeKind.Pods && before.Text("spec", "nodeName") is { Length: > 0 };
            var seconds = isRunning ? grace ?? long.Parse(before.Text("spec", "terminationGracePeriodSeconds") ?? "30", CultureInfo.InvariantCulture) : 0;
            var stays = seconds > 0 || MetadataOf(next)["finalizers"] is JsonArray { Count: > 0 };
            if (!stays)
            {
                return Commit(kind, name, before, next, isDeletion: true);
            }

            if (before.IsDeleting && (before.Text("metadata", "deletionGracePeriodSeconds") ?? "0") == seconds.ToString(CultureInfo.InvariantCulture))
            {
                return before;
            }

            MetadataOf(next)["deletionTimestamp"] ??= Now();
            MetadataOf(next)["deletionGracePeriodSeconds"] = seconds;
            return Commit(kind, name, before, next, isDeletion: false);
        }
    }

    private FakeObject Commit(FakeKind kind, ObjectName name, FakeObject? before, JsonObject node, bool isDeletion)
    {
        MetadataOf(node)["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        var after = FakeObject.Of(node);
        if (isDeletion)
        {
            _objects.Remove((kind, name));
            foreach (var key in _applied.Keys.Where(key => key.Kind == kind && key.Name == name).ToList())
            {
                _applied.Remove(key);
            }
        }
        else
        {
            _objects[(kind, name)] = after;
        }

        var change = new FakeChange(_version, kind, before, after, isDeletion);
        _history.Add(change);
        Changed?.Invoke(change);
        _next.TrySetResult();
        _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return after;
    }

    private string Now() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static JsonObject MetadataOf(JsonObject node) => node["metadata"] as JsonObject ?? (JsonObject)(node["metadata"] = new JsonObject());

    private static string? Text(JsonObject node, string name) => node[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static void Copy(string name, JsonObject from, JsonObject to)
    {
        if (from[name] is { } value)
        {
            to[name] = value.DeepClone();
        }
        else
        {
            to.Remove(name);
        }
    }

    private static JsonObject WithoutStatus(JsonObject node)
    {
        var rest = node.DeepClone().AsObject();
        rest.Remove("status");
        rest.Remove("metadata");
        return rest;
    }
}
