using k8s;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Watching;

namespace PodPool.Manager.Tests.Kubernetes.Watching;

/// <summary>Keeps what a handler was told, and insists that it makes sense.</summary>
internal sealed class Recorder<T> : IInformerHandler<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Lock _gate = new();
    private readonly List<string> _told = [];
    private readonly Dictionary<ObjectName, T> _known = [];
    private readonly HashSet<string> _gone = [];

    /// <summary>In order: <c>+name</c>, <c>~name</c>, <c>-name</c>.</summary>
    public IReadOnlyList<string> Told
    {
        get
        {
            lock (_gate)
            {
                return [.. _told];
            }
        }
    }

    /// <summary>What a handler that only listens believes there is.</summary>
    public IReadOnlyDictionary<ObjectName, T> Known
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<ObjectName, T>(_known);
            }
        }
    }

    /// <summary>What made no sense: told twice, out of order, of what was not there.</summary>
    public List<string> Nonsense { get; } = [];

    public void Added(T subject) => Tell('+', subject, known =>
    {
        Insist(known is null, $"added {Text(subject)} while {Text(known)} was there");
        _known[ObjectName.Of(subject)] = subject;
    });

    public void Changed(T old, T subject) => Tell('~', subject, known =>
    {
        Insist(ReferenceEquals(known, old), $"changed from {Text(old)} while {Text(known)} was there");
        Insist(old.Metadata.Uid == subject.Metadata.Uid, $"{Text(old)} became another one, {Text(subject)}");
        Insist(!ObjectVersion.IsNotAfter(subject.Metadata.ResourceVersion, old.Metadata.ResourceVersion), $"went back from {Text(old)} to {Text(subject)}");
        _known[ObjectName.Of(subject)] = subject;
    });

    public void Removed(T last) => Tell('-', last, known =>
    {
        Insist(known?.Metadata.Uid == last.Metadata.Uid, $"removed {Text(last)} while {Text(known)} was there");
        Insist(known is null || known == last || !ObjectVersion.IsNotAfter(last.Metadata.ResourceVersion, known.Metadata.ResourceVersion), $"removed {Text(last)}, older than {Text(known)}");
        _known.Remove(ObjectName.Of(last));
        _gone.Add(last.Metadata.Uid);
    });

    private void Tell(char kind, T subject, Action<T?> check)
    {
        lock (_gate)
        {
            _told.Add($"{kind}{subject.Metadata.Name}");
            Insist(kind == '-' || !_gone.Contains(subject.Metadata.Uid) || kind == '+', $"{Text(subject)} lives after its end");
            check(_known.GetValueOrDefault(ObjectName.Of(subject)));
        }
    }

    private void Insist(bool isSo, string otherwise)
    {
        if (!isSo)
        {
            Nonsense.Add(otherwise);
        }
    }

    private static string Text(T? subject) => subject is null ? "nothing" : $"{ObjectName.Of(subject)}@{subject.Metadata.ResourceVersion}({subject.Metadata.Uid})";
}
