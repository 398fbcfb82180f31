namespace PodPool.Manager.Kubernetes.Watching;

/// <summary>
/// Is told what became of the objects of a kind, in order, by one caller at a time, after the store shows it. What it is given it
/// must not change; it should note what is to be done and return.
/// </summary>
internal interface IInformerHandler<in T>
{
    /// <summary>An object is there: new, or seen for the first time.</summary>
    void Added(T subject);

    /// <summary>An object is of another version than before. What happened in between may have been left out.</summary>
    void Changed(T old, T subject);

    /// <summary>An object is gone, or is no longer among those that are watched.</summary>
    /// <param name="last">Its last known state.</param>
    void Removed(T last);
}
