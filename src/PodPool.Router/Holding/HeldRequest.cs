using PodPool.Router.Instances;
using PodPool.Router.Refusing;

namespace PodPool.Router.Holding;

/// <summary>What became of a held request: an instance, or a refusal.</summary>
/// <param name="Instance">A place there is claimed for the request.</param>
/// <param name="Outcome">How it came to it; one of <see cref="Contracts.StartOutcome"/>, "miss" being known from the start alone.</param>
/// <param name="Refusal">Why there is none.</param>
internal readonly record struct Placement(Instance? Instance, string Outcome, Refusal? Refusal);

/// <summary>One request that waits for an instance with room. Its body is not read, and nothing is sent.</summary>
/// <param name="since">When it came: a timestamp of the router's clock.</param>
/// <param name="deadline">When it must have an answer.</param>
/// <param name="isRetry">It was let in before: it goes to the front, and no limit of the queue stops it.</param>
internal sealed class HeldRequest(long since, long deadline, bool isRetry)
{
    /// <summary>Continuations run elsewhere: it is completed under the function's lock.</summary>
    private readonly TaskCompletionSource<Placement> _placed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Since => since;

    public long Deadline => deadline;

    public bool IsRetry => isRetry;

    /// <summary>Instances that it has failed to reach; null: none.</summary>
    public List<Instance>? Avoid { get; set; }

    /// <summary>Its place in the queue; null: it has left.</summary>
    public LinkedListNode<HeldRequest>? Node { get; set; }

    public Task<Placement> Placed => _placed.Task;

    public void Complete(Placement placement) => _placed.TrySetResult(placement);
}
