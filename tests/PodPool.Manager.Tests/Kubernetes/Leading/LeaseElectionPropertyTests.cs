using CsCheck;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Leading;
using PodPool.Manager.Leading;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Kubernetes.Leading;

public class LeaseElectionPropertyTests
{
    private static readonly FakeKind Leases = new("coordination.k8s.io", "v1", "leases");
    private static readonly ObjectName Name = new("podpool-system", "podpool-manager");

    private enum Step
    {
        /// <summary>Some look, at the same time; the others are paused.</summary>
        Look,

        /// <summary>Time passes.</summary>
        Pass,

        /// <summary>One cannot reach the server, or loses answers, until all heals.</summary>
        Partition,
        Heal,
        Release,

        /// <summary>One is replaced by a new process.</summary>
        Restart,
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_two_ever_lead_in_the_same_epoch_nor_before_a_proof_has_run_out_and_epochs_only_grow(int candidates)
        => await Gen.Select(Gen.Frequency((6, Gen.Const(Step.Look)), (6, Gen.Const(Step.Pass)), (2, Gen.Enum<Step>())), Gen.Int[0, 1_000_000]).List[20, 120].SampleAsync(
            steps => RunAsync(candidates, steps),
            iter: 12,
            threads: 1);

    private static async Task RunAsync(int count, List<(Step Step, int Dice)> steps)
    {
        var time = new ConcurrentClock(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await FakeApiServer.StartAsync(time);
        var candidates = Enumerable.Range(0, count).Select(number => new Candidate(server, time, $"c{number}")).ToList();
        var processes = count;
        var acquired = new Dictionary<long, string>();
        var newest = 0L;
        foreach (var (step, dice) in steps)
        {
            var one = dice % count;
            switch (step)
            {
                case Step.Look:
                    await Task.WhenAll(candidates.Where((_, number) => (dice & (1 << number)) == 0).Select(candidate => candidate.Election.RoundAsync()));
                    break;
                case Step.Pass:
                    time.Advance(TimeSpan.FromMilliseconds(dice % 3000));
                    break;
                case Step.Partition:
                    var (user, isDone) = (candidates[one].Name, dice % 2 == 0);
                    server.Fail(request => request.User == user ? new FakeFault.Dropped(isDone) : null, times: dice % 7);
                    break;
                case Step.Heal:
                    server.Heal();
                    break;
                case Step.Release:
                    // Whoever gives it back has ended what he did.
                    await candidates[one].Election.ReleaseAsync();
                    candidates[one].HasGivenBack = true;
                    break;
                case Step.Restart:
                    candidates[one].Dispose();
                    candidates[one] = new(server, time, $"c{processes++}");
                    break;
                default:
                    break;
            }

            foreach (var candidate in candidates)
            {
                if (candidate.Election.LostTo is not null)
                {
                    Assert.Null(candidate.Election.Epoch);
                }

                if (candidate.Election.Epoch is { } epoch && epoch != candidate.LastEpoch)
                {
                    Assert.True(acquired.TryAdd(epoch, candidate.Name), $"{candidate.Name} acquired in epoch {epoch}, as {acquired.GetValueOrDefault(epoch)} had");
                    Assert.All(candidates.Where(other => other != candidate && !other.HasGivenBack), other => Assert.True(other.Fence.ProvenUntil <= time.GetTimestamp(), $"{candidate.Name} acquired before the proof of {other.Name} had run out"));
                    (candidate.LastEpoch, candidate.HasGivenBack) = (epoch, false);
                    newest = Math.Max(newest, epoch);
                }
            }
        }

        // In the end, with all in reach, one leads and the others see it.
        server.Heal();
        for (var rounds = 0; rounds < 12; rounds++)
        {
            foreach (var candidate in candidates.Where(candidate => candidate.Election.LostTo is null))
            {
                await candidate.Election.RoundAsync();
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        var running = candidates.Where(candidate => candidate.Election.LostTo is null).ToList();
        if (running.Count > 0)
        {
            var leader = Assert.Single(running, candidate => candidate.Election.Epoch is not null);
            Assert.True(leader.Election.Epoch >= newest);
            Assert.Equal(leader.Name, server.Store.Find(Leases, Name)!.Text("spec", "holderIdentity"));
        }

        candidates.ForEach(candidate => candidate.Dispose());
    }

    private sealed class Candidate : IDisposable
    {
        private readonly KubernetesApi _client;

        public Candidate(FakeApiServer server, TimeProvider time, string name)
        {
            _client = server.Connect(name);
            Name = name;
            Fence = new(TimeSpan.FromSeconds(4), time);
            Election = new(
                _client.Resource<V1Lease>(urgent: true),
                new() { Namespace = LeaseElectionPropertyTests.Name.Namespace, Identity = name },
                Fence,
                time,
                NullLogger<LeaseElection>.Instance);
        }

        public string Name { get; }

        public LeaderFence Fence { get; }

        public LeaseElection Election { get; }

        public bool HasGivenBack { get; set; }

        public long? LastEpoch { get; set; }

        public void Dispose() => _client.Dispose();
    }
}
