using CsCheck;
using PodPool.Worlds;

namespace PodPool.Manager.Tests.Kubernetes.Worlds;

/// <summary>
/// The rules that may never break, held by the manager's real parts on a cluster where everything goes wrong. The courses are those of the model's own
/// property tests in PodPool.Core.Tests: a seed means the same pool, functions and steps there.
/// </summary>
public sealed class ClusterPropertyTests
{
    /// <summary>Of a course; the model, which costs nothing, goes through all of it.</summary>
    private const int Steps = 30;

    private int _claims;
    private int _instances;
    private int _refusals;
    private int _restarts;

    /// <summary>Real sockets, so few samples: rare orders of events are the model's to find.</summary>
    [Fact]
    public async Task Whatever_goes_wrong_on_a_cluster_the_rules_hold_and_all_comes_to_rest()
    {
        await using var socket = await PodSocket.StartAsync();
        await Gen.Select(WorldCourse.Any, ClusterTroubles.Any.Array[Steps]).SampleAsync(
            (course, troubles) => RunAsync(course, troubles, socket),
            iter: 24,
            threads: 1,
            print: sample => $"{sample.Item1}\n{string.Join(", ", sample.Item2)}");

        // A rule that nothing put to the test would hold, too.
        Assert.True(_claims > 0 && _instances > 0 && _refusals > 0 && _restarts > 0, $"{_claims} claims, {_instances} instances, {_refusals} refusals, {_restarts} restarts");
    }

    private async Task RunAsync(WorldCourse course, (ClusterTrouble Trouble, int Count)[] troubles, PodSocket socket)
    {
        await using var world = await ClusterWorld.StartAsync(course, socket);
        foreach (var (step, (trouble, count)) in course.Steps.Zip(troubles))
        {
            world.Make(trouble, count);
            await world.DoAsync(step);
        }

        await world.ComeToRestAsync();
        _claims += world.Witness.Claims;
        _instances += world.Witness.Instances;
        _refusals += world.Witness.Refusals;
        _restarts += world.Restarts;
    }
}
