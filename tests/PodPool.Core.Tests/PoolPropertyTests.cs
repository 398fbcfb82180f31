using System.Collections.Concurrent;
using CsCheck;
using PodPool.Core.Tests.Simulation;

namespace PodPool.Core.Tests;

/// <summary>The rules that may never break, held against random worlds. A failure prints the seed that repeats it.</summary>
public sealed class PoolPropertyTests
{
    private static readonly FunctionName[] Names = [.. Enumerable.Range(0, 3).Select(i => new FunctionName("default", $"f{i}"))];

    private static readonly Gen<FunctionSpec> GenFunction =
        from name in Gen.Int[0, Names.Length - 1]
        from revision in Gen.Int[1, 3]
        from concurrency in Gen.Int[1, 3]
        from min in Gen.Frequency((4, Gen.Const(0)), (1, Gen.Int[1, 2]))
        from max in Gen.OneOf(Gen.Int[2, 4], Gen.Const(int.MaxValue))
        from idle in Gen.Double[0, 20]
        from policy in Gen.Frequency((3, Gen.Const(EmptyPoolPolicy.Wait)), (1, Gen.Const(EmptyPoolPolicy.Reject)))
        select new FunctionSpec(Names[name], $"r{revision}", $"package{name}", concurrency, new ScaleLimits(min, max, TimeSpan.FromSeconds(idle)), policy);

    private static readonly Gen<PoolSpec> GenSpec =
        from warm in Gen.Int[0, 6]
        from max in Gen.OneOf(Gen.Int[4, 20], Gen.Const(int.MaxValue))
        from rate in Gen.Double[0.5, 20]
        from burst in Gen.Int[1, 10]
        from parallelism in Gen.OneOf(Gen.Int[1, 4], Gen.Const(int.MaxValue))
        from yields in Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 0.3])
        select new PoolSpec
        {
            Name = "default",
            Warm = warm,
            Max = max,
            RefillPerSecond = rate,
            RefillBurst = burst,
            RefillParallelism = parallelism,
            RefillYield = TimeSpan.FromSeconds(yields),
            StartDeadline = TimeSpan.FromSeconds(15),
            SpecializeDeadline = TimeSpan.FromSeconds(4),
            DrainGrace = TimeSpan.FromSeconds(3),
            RefillRetry = TimeSpan.FromSeconds(2),
            RefillRetryMax = TimeSpan.FromSeconds(20),
            BreakerMax = TimeSpan.FromSeconds(8),
        };

    private static readonly Gen<(string Name, Action<SimulatedWorld> Do)> GenStep = Gen.Frequency(
        (30, Gen.Select(Gen.Int[0, 2], Gen.Int[1, 6], Gen.Double[0.05, 8], (f, count, hold) => Step($"request {f} x{count}", world => Request(world, f, count, hold)))),
        (20, Gen.Double[0, 3].Select(seconds => Step($"run {seconds:0.00}", world => world.Run(TimeSpan.FromSeconds(seconds))))),
        (4, Gen.Int[0, 2].Select(f => Step($"leave {f}", world => OnRouter(world, router => router.Leave(Names[f]))))),
        (6, Gen.Int.Select(any => Step("kill a pod", world => KillPod(world, any)))),
        (2, Gen.Double[0, 5].Select(downtime => Step($"restart {downtime:0.00}", world => world.RestartManager(TimeSpan.FromSeconds(downtime))))),
        (2, Gen.Double[0, 60].Select(seconds => Step($"jump {seconds:0.00}", world => world.Jump(TimeSpan.FromSeconds(seconds))))),
        (1, Gen.Const(Step("add a router", world => world.AddRouter()))),
        (1, Gen.Const(Step("remove a router", world => OnRouter(world, world.RemoveRouter)))),
        (6, Gen.Select(GenFunction, Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true))), (function, broken) => Step($"set {function} {broken}", world => Set(world, function, broken)))),
        (1, Gen.Int[0, 2].Select(f => Step($"remove {f}", world => world.RemoveFunction(Names[f])))),
        (2, Gen.Int[0, 2].Select(f => Step($"evict {f}", world => world.Evict(Names[f])))),
        (2, GenSpec.Select(spec => Step($"resize {spec.Warm} {spec.Max}", world => world.Resize(spec)))),
        (1, Gen.Const(Step("storm", world => world.Weather = Weather.Storm))),
        (1, Gen.Const(Step("calm", world => world.Weather = Weather.Fair))));

    [Fact]
    public void Whatever_happens_the_rules_hold_and_all_comes_to_rest()
    {
        var events = new ConcurrentDictionary<PoolEventKind, int>();
        var refusals = new ConcurrentDictionary<RefusalReason, int>();
        Gen.Select(GenSpec, Gen.Int, Gen.Bool, GenFunction.Array[0, 3], GenStep.Array[1, 120])
            .Sample(
                (spec, seed, storm, functions, steps) =>
                {
                    var world = new SimulatedWorld(spec, storm ? Weather.Storm : Weather.Fair, seed);
                    world.AddRouter();
                    world.AddRouter();
                    Array.ForEach(functions, world.SetFunction);
                    foreach (var (_, action) in steps)
                    {
                        action(world);
                        world.Run(TimeSpan.FromMilliseconds(1));
                    }

                    ComeToRest(world);
                    Count(events, world.Witness.Events);
                    Count(refusals, world.Witness.Refusals);
                },
                iter: 1500,
                print: sample => $"{sample.Item1}, seed {sample.Item2}, storm {sample.Item3}:\n{string.Join("\n", sample.Item4)}\n{string.Join("\n", sample.Item5.Select(step => step.Name))}");

        // A rule that nothing put to the test would hold, too.
        Assert.All(Enum.GetValues<PoolEventKind>(), kind => Assert.True(events.ContainsKey(kind), $"{kind} never happened."));
        Assert.All(Enum.GetValues<RefusalReason>(), why => Assert.True(refusals.ContainsKey(why), $"Nobody was refused for {why}."));
    }

    [Fact]
    public void First_requests_at_once_take_no_more_pods_than_they_need()
    {
        var gen = Gen.Select(Gen.Int[1, 60], Gen.Int[1, 10], Gen.Int[1, 3], Gen.Int[0, 60], Gen.Int, Gen.Bool);
        gen.Sample(
            (requests, concurrency, routers, warm, seed, shuffled) =>
            {
                var spec = new PoolSpec { Name = "default", Warm = warm };
                var weather = Weather.Fair with { Service = new(0.01, 5) };
                var world = new SimulatedWorld(spec, shuffled ? weather with { Network = new(0.0001, 0.8), Twice = 0.3 } : weather, seed);
                for (var i = 0; i < routers; i++)
                {
                    world.AddRouter();
                }

                var function = PoolUnderTest.Function(concurrency: concurrency, idleSeconds: 1000);
                world.SetFunction(function);
                world.Run(TimeSpan.FromSeconds(30));
                var all = new List<SimulatedRequest>();
                for (var i = 0; i < requests; i++)
                {
                    all.Add(world.Routers[world.Pick(routers)].Request(function.Name, TimeSpan.FromSeconds(60)));
                }

                world.Run(TimeSpan.FromSeconds(120));

                Assert.All(all, request => Assert.True(request.Succeeded));
                Assert.InRange(world.Witness.Claims[function.Name], 1, (requests + concurrency - 1) / concurrency);
            },
            iter: 500);
    }

    [Fact]
    public void A_rush_on_one_function_does_not_keep_another_from_its_first_instance()
    {
        var gen = Gen.Select(Gen.Int[0, 5], Gen.Int[20, 100], Gen.Int);
        gen.Sample(
            (warm, rush, seed) =>
            {
                var spec = new PoolSpec { Name = "default", Warm = warm, RefillPerSecond = 2, RefillBurst = 1 };
                var world = new SimulatedWorld(spec, Weather.Fair with { Service = new(100, 200) }, seed);
                var router = world.AddRouter();
                world.SetFunction(PoolUnderTest.Function("rush"));
                world.SetFunction(PoolUnderTest.Function("quiet"));
                world.Run(TimeSpan.FromSeconds(10));
                for (var i = 0; i < rush; i++)
                {
                    router.Request(new FunctionName("default", "rush"), TimeSpan.FromSeconds(100));
                }

                world.Run(TimeSpan.FromSeconds(2));
                router.Request(new FunctionName("default", "quiet"), TimeSpan.FromSeconds(100));

                // Half a second to the next creation, 1.2 s at most until that pod is warm.
                world.Run(TimeSpan.FromSeconds(2));

                Assert.Single(world.Manager.Pool!.RouteOf(new FunctionName("default", "quiet")).Instances);
            },
            iter: 200);
    }

    [Fact]
    public void A_function_that_does_not_start_takes_a_pod_now_and_then_at_most()
    {
        Gen.Select(Gen.Int[1, 40], Gen.Int).Sample(
            (requests, seed) =>
            {
                var world = new SimulatedWorld(PoolUnderTest.Spec(10), Weather.Fair, seed);
                var router = world.AddRouter();
                var function = PoolUnderTest.Function(concurrency: 10);
                world.SetFunction(function);
                world.Broken.Add((function.Name, function.Revision));
                world.Run(TimeSpan.FromSeconds(10));
                for (var i = 0; i < requests; i++)
                {
                    router.Request(function.Name, TimeSpan.FromSeconds(10));
                    world.Run(TimeSpan.FromSeconds(60.0 / requests));
                }

                // At 0, 1, 3, 7, 15, 31 s and no more often.
                Assert.InRange(world.Witness.Claims[function.Name], 1, 6);
            },
            iter: 200);
    }

    [Fact]
    public void The_same_world_with_the_same_seed_takes_the_same_course()
    {
        Gen.Select(GenSpec, Gen.Int, GenStep.Array[1, 40]).Sample(
            (spec, seed, steps) =>
            {
                Assert.Equal(Trace(), Trace());
                int Trace()
                {
                    var world = new SimulatedWorld(spec, Weather.Storm, seed);
                    world.AddRouter();
                    foreach (var (_, action) in steps)
                    {
                        action(world);
                    }

                    world.Run(TimeSpan.FromSeconds(30));
                    return world.Witness.Trace.ToHashCode();
                }
            },
            iter: 50);
    }

    private static (string Name, Action<SimulatedWorld> Do) Step(string name, Action<SimulatedWorld> action) => (name, action);

    private static void Request(SimulatedWorld world, int function, int count, double hold)
    {
        for (var i = 0; i < count; i++)
        {
            OnRouter(world, router => router.Request(Names[function], TimeSpan.FromSeconds(hold)));
        }
    }

    private static void OnRouter(SimulatedWorld world, Action<SimulatedRouter> action)
    {
        if (world.Routers.Count > 0)
        {
            action(world.Routers[world.Pick(world.Routers.Count)]);
        }
    }

    private static void KillPod(SimulatedWorld world, int any)
    {
        if (world.Pods.Count > 0)
        {
            world.Pods.Values.ElementAt((any & int.MaxValue) % world.Pods.Count).Die("killed");
        }
    }

    private static void Set(SimulatedWorld world, FunctionSpec function, bool broken)
    {
        if (broken)
        {
            world.Broken.Add((function.Name, function.Revision));
        }
        else
        {
            world.Broken.Remove((function.Name, function.Revision));
        }

        world.SetFunction(function);
    }

    private static void Count<T>(ConcurrentDictionary<T, int> all, Dictionary<T, int> some)
        where T : notnull
    {
        foreach (var (key, count) in some)
        {
            all.AddOrUpdate(key, count, (_, before) => before + count);
        }
    }

    private static void ComeToRest(SimulatedWorld world)
    {
        world.Weather = Weather.Fair;
        world.Broken.Clear();
        world.Resize(world.Spec with { Max = int.MaxValue });
        world.Run(TimeSpan.FromMinutes(5));
        world.Witness.LookAtRest();
    }
}
