using Grpc.Core;

namespace PodPool.Following;

/// <summary>
/// Whoever keeps a stream with every manager and follows the one that leads: what its messages are, what it does with what the leader tells, and what it
/// tells the leader. All but <see cref="TellAsync"/> and <see cref="Open"/> is called by one at a time.
/// </summary>
/// <typeparam name="TUp">What managers are told.</typeparam>
/// <typeparam name="TDown">What managers tell.</typeparam>
internal interface IFollower<TUp, TDown>
    where TUp : class
    where TDown : class
{
    /// <summary>The first message on every stream: who we are.</summary>
    TUp Hello { get; }

    /// <summary>Opens a stream with a manager.</summary>
    AsyncDuplexStreamingCall<TUp, TDown> Open(CallInvoker manager, CancellationToken ending);

    /// <summary>What an update says of itself.</summary>
    UpdateHead HeadOf(TDown update);

    /// <summary>Takes in what the leader told; a snapshot is all there is.</summary>
    void Apply(TDown update);

    /// <summary>A leader's whole table is ours.</summary>
    void Follow(ManagerTalk<TUp, TDown> leader);

    /// <summary>Everything that the leader told up to a version is in the table.</summary>
    void Applied(ulong version);

    /// <summary>No leader is in sight.</summary>
    void Lost();

    /// <summary>A leader is to be told what there is; it knows nothing of what another was told. Nobody else is told now.</summary>
    /// <param name="version">Everything that it told up to here is in the table.</param>
    void Restart(ulong version);

    /// <summary>Tells the leader what there is to be told, until it is not the leader any more.</summary>
    /// <param name="leader">The leader.</param>
    /// <param name="over">Signalled when it is not.</param>
    Task TellAsync(ManagerTalk<TUp, TDown> leader, CancellationToken over);
}

/// <summary>What an update says of itself.</summary>
/// <param name="Version">Grows.</param>
/// <param name="Epoch">Which leader says so: grows with each.</param>
/// <param name="IsSnapshot">It is all there is, and what was told before is forgotten.</param>
/// <param name="Functions">How many functions it tells of.</param>
internal readonly record struct UpdateHead(ulong Version, ulong Epoch, bool IsSnapshot, int Functions);
