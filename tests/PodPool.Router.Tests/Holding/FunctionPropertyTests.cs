using CsCheck;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Holding;

namespace PodPool.Router.Tests.Holding;

/// <summary>What must hold whatever happens in whatever order.</summary>
public sealed class FunctionPropertyTests
{
    private enum Act
    {
        Come,
        ComeBack,
        End,
        Leave,
        Fail,
        AnswerNew,
        AnswerKnown,
        RefuseAll,
        Stream,
        Retire,
        Wait,
        Lose,
        Find,
    }

    private static readonly Gen<(Act Act, int Pick)[]> Acts = Gen.Select(
        Gen.Frequency(
            (8, Gen.Const(Act.Come)), (1, Gen.Const(Act.ComeBack)), (5, Gen.Const(Act.End)), (2, Gen.Const(Act.Leave)), (1, Gen.Const(Act.Fail)),
            (3, Gen.Const(Act.AnswerNew)), (1, Gen.Const(Act.AnswerKnown)), (1, Gen.Const(Act.RefuseAll)), (2, Gen.Const(Act.Stream)),
            (1, Gen.Const(Act.Retire)), (1, Gen.Const(Act.Wait)), (1, Gen.Const(Act.Lose)), (1, Gen.Const(Act.Find))),
        Gen.Int[0, 1000]).Array[1, 80];

    [Fact]
    public async Task Whatever_happens_no_instance_has_more_than_its_concurrency_nobody_is_overtaken_or_forgotten_and_one_acquire_is_in_flight()
        => await Gen.Select(Gen.Int[1, 4], Acts).SampleAsync(async (concurrency, acts) =>
        {
            using var world = new World(concurrency);
            var model = new Model(world);
            foreach (var (act, pick) in acts)
            {
                await model.DoAsync(act, pick);
                await model.CheckAsync();
            }

            await model.EndAsync();
        }, iter: 300);

    [Fact]
    public async Task From_many_threads_at_once_everybody_is_served_and_no_instance_has_more_than_its_concurrency()
        => await Gen.Select(Gen.Int[1, 8], Gen.Int[1, 4], Gen.Int[1, 60]).SampleAsync(async (concurrency, instances, callers) =>
        {
            using var world = new World(concurrency, TimeProvider.System);
            world.AnswerAtOnce = () =>
            {
                // As many as there may be; then the same again, which helps nobody.
                if (world.Routed.Count < instances)
                {
                    world.Routed.Add(world.NewInstance());
                }

                return new() { Instance = world.Routed[^1] };
            };
            var running = new System.Collections.Concurrent.ConcurrentDictionary<Instance, int>();
            var most = 0;
            var served = 0;
            await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
            {
                for (var i = 0; i < 20; i++)
                {
                    var instance = world.Function.TryClaim();
                    if (instance is null)
                    {
                        var now = world.Time.GetTimestamp();
                        var held = new HeldRequest(now, now + (30 * world.Time.TimestampFrequency), isRetry: false);
                        var placement = await world.Function.HoldAsync(held, CancellationToken.None);
                        instance = placement.Instance ?? throw new InvalidOperationException(placement.Refusal?.Message);
                    }

                    var count = running.AddOrUpdate(instance, 1, (_, before) => before + 1);
                    InterlockedMax(ref most, count);
                    await Task.Yield();
                    running.AddOrUpdate(instance, 0, (_, before) => before - 1);
                    Interlocked.Increment(ref served);
                    world.Function.Release(instance);
                }
            })));

            Assert.Equal(callers * 20, served);
            Assert.InRange(most, 1, concurrency);
            Assert.InRange(running.Count, 1, instances);
            Assert.False(world.HadTwoAcquires);
            Assert.Equal((0, 0), (world.Function.Waiting, world.Function.InFlight));
        }, iter: 40);

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    /// <summary>A request that waits, as an onlooker sees it.</summary>
    /// <param name="Held">The request.</param>
    /// <param name="Left">Its caller leaves.</param>
    /// <param name="MayBeOvertaken">It has failed somewhere, and those behind it may be served there.</param>
    private sealed record Waiting(HeldRequest Held, CancellationTokenSource Left, bool MayBeOvertaken);

    /// <summary>What an onlooker knows, kept beside the real thing.</summary>
    private sealed class Model(World world)
    {
        private readonly List<Waiting> _waiting = [];
        private readonly List<Instance> _running = [];
        private int _mostSinceReport;

        private int Alive => _waiting.Count + _running.Count;

        public async Task DoAsync(Act act, int pick)
        {
            var function = world.Function;
            _mostSinceReport = Math.Max(_mostSinceReport, Alive + 1);
            switch (act)
            {
                case Act.Come when function.TryClaim() is { } instance:
                    // Nobody was waiting any more; who waited a moment ago is being told by an answer that was on its way.
                    await World.UntilAsync(
                        () =>
                        {
                            TakeOver();
                            return _waiting.Count == 0;
                        },
                        "a request is let in at once where nobody waits");
                    _running.Add(instance);
                    break;
                case Act.Come or Act.ComeBack:
                    var left = new CancellationTokenSource();
                    var isRetry = act == Act.ComeBack;
                    Queue(new(world.Hold(isRetry, left.Token), left, false));
                    break;
                case Act.End when _running.Count > 0:
                    Release(_running[pick % _running.Count]);
                    break;
                case Act.Fail when _running.Count > 0:
                    // Could not be reached: it comes back, and does not want to go there again.
                    var failed = _running[pick % _running.Count];
                    Release(failed);
                    function.Unreachable(failed);
                    await SettleAsync();
                    var leaves = new CancellationTokenSource();
                    Queue(new(world.Hold(isRetry: true, [failed], leaves.Token), leaves, true));
                    break;
                case Act.Leave when _waiting.Count > 0:
                    await _waiting[pick % _waiting.Count].Left.CancelAsync();
                    break;
                case Act.AnswerNew when world.IsAcquiring:
                    var started = world.NewInstance();
                    world.Routed.Add(started);
                    world.Answer(new() { Instance = started });
                    break;
                case Act.AnswerKnown when world.IsAcquiring && world.Routed.Count > 0:
                    world.Answer(new() { Instance = world.Routed[pick % world.Routed.Count] });
                    break;
                case Act.RefuseAll when world.IsAcquiring:
                    // Those who have time left ask again if the refusal came at the acquire's own deadline, or was not for them.
                    var asked = world.Acquires;
                    world.Refuse(Reason.PoolEmpty.ToException("empty"));
                    await World.UntilAsync(
                        () => _waiting.TrueForAll(one => one.Held.Placed.IsCompleted) || world.Acquires > asked, "everybody is refused, or asks again");
                    break;
                case Act.Stream:
                    world.Routed.Add(world.NewInstance());
                    world.Tell();
                    break;
                case Act.Retire when world.Routed.Count > 0:
                    world.Routed.RemoveAt(pick % world.Routed.Count);
                    world.Tell();
                    break;
                case Act.Wait:
                    world.Clock.Advance(TimeSpan.FromMilliseconds(pick * 4));
                    break;
                case Act.Lose:
                    world.Lose();
                    break;
                case Act.Find:
                    world.Find();
                    break;
            }
        }

        public async Task CheckAsync()
        {
            await SettleAsync();
            Assert.False(world.HadTwoAcquires);
            foreach (var group in _running.GroupBy(instance => instance))
            {
                Assert.InRange(group.Count(), 1, world.Concurrency);
            }

            // Never more than there were at once: by this number instances are started.
            if (world.Report() is { } report)
            {
                Assert.InRange(report.Waiting + report.InFlight, 0, _mostSinceReport);
                _mostSinceReport = Alive;
            }
        }

        public async Task EndAsync()
        {
            // Nobody answers any more: at the deadline at the latest everybody is told.
            world.Clock.Advance(world.Limits.Time);
            await SettleAsync();
            Assert.Empty(_waiting);
            foreach (var instance in _running.ToList())
            {
                Release(instance);
            }

            Assert.Equal((0, 0), (world.Function.Waiting, world.Function.InFlight));
            await World.UntilAsync(() => !world.IsAcquiring, "no acquire that nobody wants");
            world.Report();
            Assert.True(world.Report() is null or { Waiting: 0, InFlight: 0 });
        }

        private void Release(Instance instance)
        {
            _running.Remove(instance);
            world.Function.Release(instance);
        }

        /// <summary>Who is held waits where it was let in: in front of the others, or behind them.</summary>
        private void Queue(Waiting one)
        {
            // An answer may be on its way still: who was served by it before this one came did not overtake it.
            TakeOver();
            _waiting.Insert(one.Held.IsRetry ? 0 : _waiting.Count, one);
        }

        /// <summary>Waits until the real thing rests, and takes over what it decided.</summary>
        private Task SettleAsync() => World.UntilAsync(
            () =>
            {
                TakeOver();
                return IsAtRest();
            },
            $"rest: {world.Function.Waiting} wait, {world.Function.InFlight} run; expected {_waiting.Count} and {_running.Count}");

        private void TakeOver()
        {
            // From the last to the first: who is served while one before it is seen to wait, after that, was served before it.
            var stays = _waiting.Reverse<Waiting>().Where(one => !one.Held.Placed.IsCompleted).ToHashSet();
            var overtaken = false;
            foreach (var one in _waiting.ToList())
            {
                if (stays.Contains(one))
                {
                    overtaken |= !one.MayBeOvertaken;
                }
                else
                {
                    _waiting.Remove(one);
                    if (one.Held.Placed.Result.Instance is { } instance)
                    {
                        Assert.False(overtaken, "overtaken");
                        _running.Add(instance);
                    }
                }
            }
        }

        /// <summary>
        /// It sees the same as the onlooker; who has left or is past its time is gone; and nobody waits where there is room, unless it had
        /// failed there.
        /// </summary>
        private bool IsAtRest()
        {
            var now = world.Time.GetTimestamp();
            var room = world.Function.Routing.Instances.ToArray().Any(instance => (uint)instance.Load < (uint)world.Concurrency);
            return world.Function.Waiting == _waiting.Count
                && world.Function.InFlight == _running.Count
                && _waiting.TrueForAll(one => !one.Left.IsCancellationRequested && one.Held.Deadline > now && (!room || one.MayBeOvertaken));
        }
    }
}
