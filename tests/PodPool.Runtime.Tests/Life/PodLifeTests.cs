using CsCheck;
using PodPool.Contracts.V1;
using PodPool.Runtime.Life;

namespace PodPool.Runtime.Tests.Life;

/// <summary>The one-shot rule under every interleaving: the pod is the judge.</summary>
public sealed class PodLifeTests
{
    private static readonly Gen<Binding> Claims = Gen.Int[0, 3].Select(
        id => new Binding { ClaimId = $"c{id}", Namespace = "ns", Function = $"f{id}", Revision = "r" });

    [Fact]
    public void Of_concurrent_claims_exactly_one_binds_the_pod()
    {
        Claims.Array[2, 16].Sample(claims =>
        {
            var life = Warm();
            var bound = 0;
            var conflicts = 0;
            Parallel.ForEach(claims, new ParallelOptions { MaxDegreeOfParallelism = -1 }, claim =>
            {
                try
                {
                    if (life.TryBind(claim))
                    {
                        Interlocked.Increment(ref bound);
                    }
                }
                catch (RefusalException refusal) when (refusal.Reason == Reason.ClaimConflict)
                {
                    Interlocked.Increment(ref conflicts);
                }
            });
            var winner = life.State.Binding!;
            return bound == 1 && conflicts == claims.Count(claim => claim.ClaimId != winner.ClaimId);
        });
    }

    [Fact]
    public void No_way_leads_back_and_no_other_function_gets_in()
    {
        Gen.Select(Gen.Int[0, 5], Claims).Array[1, 30].Sample(steps =>
        {
            var life = new PodLife("pod");
            Binding? owner = null;
            var rank = 0;
            foreach (var (step, claim) in steps)
            {
                switch (step)
                {
                    case 0:
                        life.BecomeWarm();
                        break;
                    case 1:
                        try
                        {
                            if (life.TryBind(claim))
                            {
                                Assert.Null(owner);
                                owner = claim;
                            }
                            else
                            {
                                Assert.Equal(owner, claim);
                            }
                        }
                        catch (RefusalException refusal)
                        {
                            Assert.Equal(owner is null ? Reason.PodNotWarm : Reason.ClaimConflict, refusal.Reason);
                            Assert.NotEqual(owner, claim);
                        }

                        break;
                    case 2 when owner is not null:
                        life.BecomeServing(new() { InstanceId = "pod" });
                        break;
                    case 3 when owner is not null:
                        life.Fail(new RefusalException(Reason.StartupFailed, "failed"));
                        break;
                    case 4:
                        life.BeginDrain();
                        break;
                    default:
                        break;
                }

                var now = Rank(life.State.Phase);
                Assert.True(now >= rank, $"{life.State.Phase} after rank {rank}");
                rank = now;
                Assert.Equal(owner, life.State.Binding);
            }
        });

        // Draining and failed are both ends; one may follow the other only towards failed.
        static int Rank(PodPhase phase) => phase switch
        {
            PodPhase.PodStarting => 0,
            PodPhase.PodWarm => 1,
            PodPhase.PodSpecializing => 2,
            PodPhase.PodServing => 3,
            PodPhase.PodDraining => 4,
            _ => 5,
        };
    }

    [Fact]
    public async Task Everybody_who_asks_for_the_same_claim_gets_one_outcome()
    {
        var life = Warm();
        var claim = new Binding { ClaimId = "c", Namespace = "ns", Function = "f", Revision = "r" };
        Assert.True(life.TryBind(claim));
        Assert.False(life.TryBind(claim.Clone()));

        life.BecomeServing(new() { InstanceId = "pod" });
        life.Fail(new RefusalException(Reason.InstanceGone, "later"));

        Assert.Equal("pod", (await life.Outcome).InstanceId);
    }

    [Fact]
    public async Task Every_change_of_state_is_seen_by_whoever_observes()
    {
        var life = new PodLife("pod");
        List<PodPhase> seen = [];
        Action[] steps =
        [
            life.BecomeWarm,
            () => life.TryBind(new() { ClaimId = "c" }),
            () => life.BecomeServing(new()),
            life.BeginDrain,
        ];
        foreach (var step in steps)
        {
            var (state, changed) = life.Observe();
            seen.Add(state.Phase);
            step();
            await changed.WaitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal([PodPhase.PodStarting, PodPhase.PodWarm, PodPhase.PodSpecializing, PodPhase.PodServing], seen);
    }

    private static PodLife Warm()
    {
        var life = new PodLife("pod");
        life.BecomeWarm();
        return life;
    }
}
