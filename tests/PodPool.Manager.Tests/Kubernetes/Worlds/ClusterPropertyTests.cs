using CsCheck;
using PodPool.Worlds;

namespace PodPool.Manager.Tests.Kubernetes.Worlds;

/// <summary>
/// The rules that may never break, held by the manager's real parts on a cluster where everything goes wrong. The courses are those of the model's own
/// property tests in PodPool.Core.Tests: a seed means the same pool, functions and steps there. It does not mean the same order of what happens at once:
/// sockets are real.
/// </summary>
public sealed class ClusterPropertyTests
{
    /// <summary>Of a course; the model, to which they cost nothing, goes through all of it.</summary>
    private const int Steps = 30;

    /// <summary>The course first, so that its seed is the model's.</summary>
    private static readonly Gen<(WorldCourse Course, (ClusterTrouble Trouble, int Count)[] Troubles)> GenSample = Gen.Select(WorldCourse.Any, ClusterTroubles.Any.Array[Steps]);

    private int _claims;
    private int _instances;
    private int _refusals;
    private int _restarts;

    /// <summary>Few samples, for a socket's time is real: rare orders of events are the model's to find.</summary>
    [Fact]
    public async Task Whatever_goes_wrong_on_a_cluster_the_rules_hold_and_all_comes_to_rest()
    {
        await using var socket = await PodSocket.StartAsync();
        foreach (var seed in WorldCourse.Seeds)
        {
            await SampleAsync(socket, 1, seed);
        }

        await SampleAsync(socket, 12);

        // A rule that nothing put to the test would hold, too.
        Assert.True(_claims > 0 && _instances > 0 && _refusals > 0 && _restarts > 0, $"{_claims} claims, {_instances} instances, {_refusals} refusals, {_restarts} restarts");
    }

    [Fact]
    public void A_seed_means_here_what_it_means_to_the_model() => Assert.All(WorldCourse.Seeds, seed =>
    {
        var (here, there) = ("", "");
        GenSample.Sample(sample => { here = sample.Course.ToString(); }, iter: 1, seed: seed, threads: 1);
        WorldCourse.Any.Sample(course => { there = course.ToString(); }, iter: 1, seed: seed, threads: 1);
        Assert.Equal(there, here);
    });

    private Task SampleAsync(PodSocket socket, int count, string? seed = null) => GenSample.SampleAsync(
        sample => RunAsync(sample.Course, sample.Troubles, socket),
        iter: count,
        seed: seed,
        threads: 1,
        print: sample => $"{sample.Course}\n{string.Join(", ", sample.Troubles)}");

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
