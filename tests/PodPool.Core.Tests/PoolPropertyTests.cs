using System.Collections.Concurrent;
using CsCheck;
using PodPool.Core.Tests.Simulation;
using PodPool.Worlds;

namespace PodPool.Core.Tests;

/// <summary>The rules that may never break, held against random worlds. A failure prints the seed that repeats it.</summary>
public sealed class PoolPropertyTests
{
    [Fact]
    public void Whatever_happens_the_rules_hold_and_all_comes_to_rest()
    {
        var events = new ConcurrentDictionary<PoolEventKind, int>();
        var refusals = new ConcurrentDictionary<RefusalReason, int>();
        foreach (var seed in WorldCourse.Seeds)
        {
            WorldCourse.Any.Sample(Run, iter: 1, seed: seed, threads: 1);
        }

        // Callers who were refused again and again were taken for as many pods.
        WorldCourse.AnySized.Sample(Run, iter: 1, seed: "4EFH4EGnPrc5", threads: 1);

        WorldCourse.Any.Sample(Run, iter: 1500);
        WorldCourse.AnySized.Sample(Run, iter: 500);

        // A rule that nothing put to the test would hold, too.
        Assert.All(Enum.GetValues<PoolEventKind>(), kind => Assert.True(events.ContainsKey(kind), $"{kind} never happened."));
        Assert.All(Enum.GetValues<RefusalReason>(), why => Assert.True(refusals.ContainsKey(why), $"Nobody was refused for {why}."));

        void Run(WorldCourse course)
        {
            var world = new SimulatedWorld(course.Spec, course.Storm ? Weather.Storm : Weather.Fair, course.Seed);
            world.AddRouter();
            world.AddRouter();
            Array.ForEach(course.Functions, world.SetFunction);
            foreach (var step in course.Steps)
            {
                Do(world, step);
                world.Run(TimeSpan.FromMilliseconds(1));
            }

            ComeToRest(world);
            Count(events, world.Witness.Events);
            Count(refusals, world.Witness.Refusals);
        }
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
        Gen.Select(WorldCourse.AnySpec, Gen.Int, WorldCourse.AnyStep.Array[1, 40]).Sample(
            (spec, seed, steps) =>
            {
                Assert.Equal(Trace(), Trace());
                int Trace()
                {
                    var world = new SimulatedWorld(spec, Weather.Storm, seed);
                    world.AddRouter();
                    Array.ForEach(steps, step => Do(world, step));

                    world.Run(TimeSpan.FromSeconds(30));
                    return world.Witness.Trace.ToHashCode();
                }
            },
            iter: 50);
    }

    private static void Do(SimulatedWorld world, WorldStep step)
    {
        switch (step)
        {
            case WorldStep.Request request:
                for (var i = 0; i < request.Count; i++)
                {
                    OnRouter(world, router => router.Request(WorldCourse.Names[request.Function], TimeSpan.FromSeconds(request.Hold)));
                }

                break;
            case WorldStep.Run run:
                world.Run(TimeSpan.FromSeconds(run.Seconds));
                break;
            case WorldStep.Leave leave:
                OnRouter(world, router => router.Leave(WorldCourse.Names[leave.Function]));
                break;
            case WorldStep.KillPod kill when world.Pods.Count > 0:
                world.Pods.Values.ElementAt((kill.Any & int.MaxValue) % world.Pods.Count).Die("killed");
                break;
            case WorldStep.Restart restart:
                world.RestartManager(TimeSpan.FromSeconds(restart.Downtime));
                break;
            case WorldStep.Jump jump:
                world.Jump(TimeSpan.FromSeconds(jump.Seconds));
                break;
            case WorldStep.AddRouter:
                world.AddRouter();
                break;
            case WorldStep.RemoveRouter:
                OnRouter(world, world.RemoveRouter);
                break;
            case WorldStep.Set set:
                Set(world, set.Function, set.IsBroken);
                break;
            case WorldStep.Remove remove:
                world.RemoveFunction(WorldCourse.Names[remove.Function]);
                break;
            case WorldStep.Evict evict:
                world.Evict(WorldCourse.Names[evict.Function]);
                break;
            case WorldStep.Resize resize:
                world.Resize(resize.Spec);
                break;
            case WorldStep.Storm:
                world.Weather = Weather.Storm;
                break;
            case WorldStep.Calm:
                world.Weather = Weather.Fair;
                break;
        }
    }

    private static void OnRouter(SimulatedWorld world, Action<SimulatedRouter> action)
    {
        if (world.Routers.Count > 0)
        {
            action(world.Routers[world.Pick(world.Routers.Count)]);
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
        if (world.Spec.Auto is not null)
        {
            // What a burst taught is more than what was asked for; it takes as long as the refill is slow.
            var missing = Math.Max(0, world.Witness.Wanted - world.Manager.Pool!.Status.Warm);
            world.Run(TimeSpan.FromSeconds(missing / world.Spec.RefillPerSecond));
        }

        for (var turn = 0; world.Spec.Auto is not null && turn < 10 && IsShrinking(); turn++)
        {
            world.Run(TimeSpan.FromSeconds(2));
        }

        world.Witness.LookAtRest();

        // Once a minute, and perhaps just now.
        bool IsShrinking() => world.Manager.Pool!.Status is var status && (status.Warm != world.Witness.Wanted || world.Pods.Count != status.Warm + status.Serving);
    }
}
