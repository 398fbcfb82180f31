using CsCheck;
using PodPool.Core;

namespace PodPool.Worlds;

/// <summary>
/// A world's beginning and what happens to it. Every property test over worlds draws its courses from here, and first: so a seed
/// means the same course whatever the world is made of, and one that breaks a world can be tried on the others.
/// </summary>
/// <param name="Seed">Of what is left to chance in the course of it.</param>
/// <param name="Storm">Whether it begins with bad weather.</param>
/// <param name="Functions">Deployed at the beginning.</param>
internal sealed record WorldCourse(PoolSpec Spec, int Seed, bool Storm, FunctionSpec[] Functions, WorldStep[] Steps)
{
    /// <summary>Courses that every kind of world is put through each time, beside those of chance: some of any, and those that once broke one.</summary>
    public static IReadOnlyList<string> Seeds { get; } =
    [
        "0Kz5tQ1vXc90", "1pW8_dRf2Lh3", "2aGm7Yx0TnE1", "4Vb3sJ9kUo62", "6Hq-ZrC5wDi0", "9eN4lFy8PtA1", "bXs2Mg_7Ku03",

        // A conflict was taken for the end of a pod, which was never labelled again.
        "0006XXmf28B6",
    ];

    /// <summary>The functions that there can be; steps name them by their place here.</summary>
    public static FunctionName[] Names { get; } = [.. Enumerable.Range(0, 3).Select(i => new FunctionName("default", $"f{i}"))];

    public static Gen<FunctionSpec> AnyFunction { get; } =
        from name in Gen.Int[0, Names.Length - 1]
        from revision in Gen.Int[1, 3]
        from concurrency in Gen.Int[1, 3]
        from min in Gen.Frequency((4, Gen.Const(0)), (1, Gen.Int[1, 2]))
        from max in Gen.OneOf(Gen.Int[2, 4], Gen.Const(int.MaxValue))
        from idle in Gen.Double[0, 20]
        from policy in Gen.Frequency((3, Gen.Const(EmptyPoolPolicy.Wait)), (1, Gen.Const(EmptyPoolPolicy.Reject)))
        select new FunctionSpec(Names[name], $"r{revision}", $"package{name}", concurrency, new ScaleLimits(min, max, TimeSpan.FromSeconds(idle)), policy);

    public static Gen<PoolSpec> AnySpec { get; } =
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

    public static Gen<WorldStep> AnyStep { get; } = Gen.Frequency(
        (30, Gen.Select(Gen.Int[0, 2], Gen.Int[1, 6], Gen.Double[0.05, 8], (f, count, hold) => (WorldStep)new WorldStep.Request(f, count, hold))),
        (20, Gen.Double[0, 3].Select(seconds => (WorldStep)new WorldStep.Run(seconds))),
        (4, Gen.Int[0, 2].Select(f => (WorldStep)new WorldStep.Leave(f))),
        (6, Gen.Int.Select(any => (WorldStep)new WorldStep.KillPod(any))),
        (2, Gen.Double[0, 5].Select(downtime => (WorldStep)new WorldStep.Restart(downtime))),
        (2, Gen.Double[0, 60].Select(seconds => (WorldStep)new WorldStep.Jump(seconds))),
        (1, Gen.Const<WorldStep>(new WorldStep.AddRouter())),
        (1, Gen.Const<WorldStep>(new WorldStep.RemoveRouter())),
        (6, Gen.Select(AnyFunction, Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true))), (function, broken) => (WorldStep)new WorldStep.Set(function, broken))),
        (1, Gen.Int[0, 2].Select(f => (WorldStep)new WorldStep.Remove(f))),
        (2, Gen.Int[0, 2].Select(f => (WorldStep)new WorldStep.Evict(f))),
        (2, AnySpec.Select(spec => (WorldStep)new WorldStep.Resize(spec))),
        (1, Gen.Const<WorldStep>(new WorldStep.Storm())),
        (1, Gen.Const<WorldStep>(new WorldStep.Calm())));

    public static Gen<WorldCourse> Any { get; } = Gen.Select(
        AnySpec, Gen.Int, Gen.Bool, AnyFunction.Array[0, 3], AnyStep.Array[1, 120], (spec, seed, storm, functions, steps) => new WorldCourse(spec, seed, storm, functions, steps));

    /// <summary>As <see cref="Any"/>, of pools that size themselves, most of the time, and do not always hurry.</summary>
    public static Gen<WorldCourse> AnySized { get; } = Gen.Select(Any, AnyAuto, AnyAuto, (course, first, then) => course with
    {
        Spec = course.Spec with { Auto = first, RefillParallelismWhileWarm = 1 + ((course.Seed & int.MaxValue) % 4) },
        Steps = [.. course.Steps.Select(step => step is WorldStep.Resize resize ? new WorldStep.Resize(resize.Spec with { Auto = then }) : step)],
    });

    private static Gen<SizeAuto?> AnyAuto => Gen.Frequency(
        (1, Gen.Const((SizeAuto?)null)),
        (3, Gen.Select(Gen.Double[0.001, 0.5], Gen.Int[0, 3], Gen.OneOf(Gen.Int[3, 10], Gen.Const(int.MaxValue)), (miss, min, max) => (SizeAuto?)new SizeAuto(miss) { Min = min, Max = max })));

    /// <inheritdoc/>
    public override string ToString() => $"{Spec}, seed {Seed}, storm {Storm}:\n{string.Join("\n", (object[])Functions)}\n{string.Join("\n", (object[])Steps)}";
}
