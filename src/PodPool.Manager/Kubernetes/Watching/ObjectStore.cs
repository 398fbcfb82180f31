using System.Collections.Immutable;
using k8s;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Manager.Kubernetes.Watching;

/// <summary>
/// What is known of the objects of a kind, and the rules by which lists and events change it. One writes, anybody reads.
/// </summary>
/// <remarks>
/// Events may come twice, late, or from before. Three things tell:
/// <list type="number">
/// <item>a version that the list or the watch was begun after: everything up to it is known (the floor; a bookmark raises it);</item>
/// <item>the version of the object that is stored under the name;</item>
/// <item>the version at which the last object under the name went, if it did since the floor.</item>
/// </list>
/// </remarks>
internal sealed partial class ObjectStore<T>(ILogger logger)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Dictionary<ObjectName, string> _goneAt = [];
    private ImmutableArray<IInformerHandler<T>> _handlers = [];
    private ImmutableDictionary<ObjectName, T> _objects = ImmutableDictionary<ObjectName, T>.Empty;
    private string _floor = "";

    /// <summary>All objects, as of now.</summary>
    public ImmutableDictionary<ObjectName, T> All => Volatile.Read(ref _objects);

    /// <summary>Up to where everything is known; empty: nothing was listed yet.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Adds somebody who is told from now on.</summary>
    public void Tell(IInformerHandler<T> handler) => _handlers = _handlers.Add(handler);

    /// <summary>Takes over a whole list: what it does not hold is gone, what it holds in the known version did not change.</summary>
    /// <remarks>Even what is older than known is taken: a server that was set back to a copy is right about what there is.</remarks>
    public void Replace(IEnumerable<T> items, string version)
    {
        var listed = new Dictionary<ObjectName, T>();
        foreach (var item in items)
        {
            listed[ObjectName.Of(item)] = item;
        }

        foreach (var (name, last) in All)
        {
            if (!listed.TryGetValue(name, out var item) || item.Metadata.Uid != last.Metadata.Uid)
            {
                Remove(name, last);
            }
        }

        foreach (var (name, item) in listed)
        {
            if (All.GetValueOrDefault(name) is not { } old || old.Metadata.ResourceVersion != item.Metadata.ResourceVersion)
            {
                Put(name, item);
            }
        }

        Version = version;
        RaiseFloor();
    }

    /// <summary>A watch from <see cref="Version"/> on was opened: the server tells nothing older.</summary>
    public void RaiseFloor()
    {
        _floor = Version;
        _goneAt.Clear();
    }

    /// <summary>Takes over an event.</summary>
    public void Apply(WatchEvent<T> happened)
    {
        if (ObjectVersion.IsNotAfter(happened.Version, _floor))
        {
            return;
        }

        Version = Version.Length == 0 ? happened.Version : ObjectVersion.Newer(Version, happened.Version);
        if (happened.Subject is not { } subject)
        {
            RaiseFloor();
            return;
        }

        var name = ObjectName.Of(subject);
        var old = All.GetValueOrDefault(name);
        if ((old?.Metadata.ResourceVersion ?? _goneAt.GetValueOrDefault(name)) is { } known && ObjectVersion.IsNotAfter(happened.Version, known))
        {
            return;
        }

        if (happened.Kind == WatchEventKind.Deleted)
        {
            _goneAt[name] = happened.Version;
            if (old is not null)
            {
                // Of another uid: then that one went before, unseen, and so did its successor.
                Remove(name, old.Metadata.Uid == subject.Metadata.Uid ? subject : old);
            }

            return;
        }

        if (old is not null && old.Metadata.Uid != subject.Metadata.Uid)
        {
            Remove(name, old);
        }

        Put(name, subject);
    }

    private void Put(ObjectName name, T subject)
    {
        var old = All.GetValueOrDefault(name);
        Volatile.Write(ref _objects, _objects.SetItem(name, subject));
        if (old is null)
        {
            TellAll(handler => handler.Added(subject), name);
        }
        else
        {
            TellAll(handler => handler.Changed(old, subject), name);
        }
    }

    private void Remove(ObjectName name, T last)
    {
        Volatile.Write(ref _objects, _objects.Remove(name));
        TellAll(handler => handler.Removed(last), name);
    }

    /// <summary>A handler that throws is a mistake in this program; the others, and what comes later, shall not suffer from it.</summary>
    private void TellAll(Action<IInformerHandler<T>> tell, ObjectName name)
    {
        foreach (var handler in _handlers)
        {
            try
            {
                tell(handler);
            }
            catch (Exception exception)
            {
                Log.HandlerFailed(logger, exception, handler.GetType().Name, typeof(T).Name, name.ToString());
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Handler} failed to note what became of the {Kind} {Name}", EventName = "HandlerFailed")]
        public static partial void HandlerFailed(ILogger logger, Exception exception, string handler, string kind, string name);
    }
}
