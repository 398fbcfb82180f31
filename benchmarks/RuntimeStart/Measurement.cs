using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using PodPool.Benchmarks;

namespace RuntimeStart;

/// <summary>What one pod cost. Times in milliseconds, memory in MB (10^6) that no other process shares.</summary>
internal sealed record Row(
    double ToWarm, double Cpu, double Memory, double Transfer, double Load, double Start, double Specialize, double FirstCall, double Total, double SecondCall);

/// <summary>Starts pods one after the other and measures them.</summary>
internal sealed class Measurement(MeasuredPackage function, string path, ECDsa key, TimeSpan linger)
{
    /// <summary>Until an idle pod's memory is looked at: what it compiles anew after its rehearsal is done by then.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    /// <summary>Pods of all variants in turns, so that a change of the machine's load falls on all.</summary>
    /// <returns>A list a variant, in their order.</returns>
    public async Task<IReadOnlyList<List<Row>>> RunAsync(IReadOnlyList<Variant> variants, int count)
    {
        List<Row>[] rows = [.. variants.Select(_ => new List<Row>())];
        List<MeasuredPod> neighbours = [];
        try
        {
            // A node has many pods of an image, which share its files' memory: beside one of its kind a pod is charged for its own alone.
            foreach (var variant in variants)
            {
                neighbours.Add(await MeasuredPod.StartAsync(variant, key));
            }

            for (var round = 0; round <= count; round++)
            {
                for (var variant = 0; variant < variants.Count; variant++)
                {
                    var row = await OneAsync(variants[variant]);
                    if (round > 0)
                    {
                        // The first round warms the one who measures.
                        rows[variant].Add(row);
                    }
                }
            }
        }
        finally
        {
            foreach (var neighbour in neighbours)
            {
                await neighbour.DisposeAsync();
            }
        }

        return rows;
    }

    /// <summary>The value in the middle.</summary>
    public static double Median(IReadOnlyList<Row> rows, Func<Row, double> value) => At(rows, value, 0.5);

    public static void Print(IReadOnlyList<Row> rows)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows.Count} pods: min / p50 / p90 / max"));
        foreach (var (name, value) in Figures)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-36} {At(rows, value, 0),8:0.00} {At(rows, value, 0.5),8:0.00} {At(rows, value, 0.9),8:0.00} {At(rows, value, 1),8:0.00}"));
        }
    }

    public static void Write(Provenance provenance, MeasuredPackage function, IReadOnlyList<Variant> variants, IReadOnlyList<List<Row>> rows)
    {
        var shipped = Median(rows[0], row => row.Total);
        var lines = variants.Zip(rows, (variant, of) => new
        {
            Variant = variant.Name,
            variant.Environment,
            N = of.Count,
            StartToWarm = Median(of, row => row.ToWarm),
            StartCpu = Median(of, row => row.Cpu),
            Memory = Median(of, row => row.Memory),
            Specialize = Median(of, row => row.Specialize),
            FirstCall = Median(of, row => row.FirstCall),
            Total = Median(of, row => row.Total),
            Ratio = Median(of, row => row.Total) / shipped,
            SecondCall = Median(of, row => row.SecondCall),
        }).ToArray();
        provenance.Write(
            "runtime-settings",
            "The settings of the runtime image",
            $"A pod of each kind in turns; medians. Milliseconds from the pod's start to warm (and the processor time of it), of a claim for {function.Name} "
            + $"({function.Bytes / 1000} kB) and its first call, and of the second call; MB that an idle pod does not share with another of its kind. Ratio: of specialize and first call, to the first row.",
            ["pod", "n", "start to warm", "of it CPU", "idle MB", "specialize", "first call", "both", "ratio", "second call"],
            names: 1,
            lines.Select(line => new[]
            {
                line.Variant, $"{line.N}", Provenance.Show(line.StartToWarm, "0"), Provenance.Show(line.StartCpu, "0"), Provenance.Show(line.Memory),
                Provenance.Show(line.Specialize), Provenance.Show(line.FirstCall), Provenance.Show(line.Total), Provenance.Show(line.Ratio, "0.00"), Provenance.Show(line.SecondCall, "0.00"),
            }),
            lines);
    }

    private static readonly (string Name, Func<Row, double> Value)[] Figures =
    [
        ("start to warm", row => row.ToWarm),
        ("  of it CPU", row => row.Cpu),
        ("idle memory, MB", row => row.Memory),
        ("transfer", row => row.Transfer),
        ("load", row => row.Load),
        ("start", row => row.Start),
        ("specialize, as the manager sees it", row => row.Specialize),
        ("first call", row => row.FirstCall),
        ("specialize and first call", row => row.Total),
        ("second call", row => row.SecondCall),
    ];

    private static double At(IReadOnlyList<Row> rows, Func<Row, double> value, double quantile)
        => rows.Select(value).Order().ElementAt(Math.Min(rows.Count - 1, (int)(quantile * rows.Count)));

    private async Task<Row> OneAsync(Variant variant)
    {
        await using var pod = await MeasuredPod.StartAsync(variant, key);
        await Task.Delay(Idle, TimeProvider.System);
        var memory = pod.PrivateBytes() / 1e6;
        await pod.TouchAsync();
        var parts = function.Claim(pod.Id, key);
        var begun = Stopwatch.GetTimestamp();
        var answer = await pod.SpecializeAsync(parts);
        var specialized = Stopwatch.GetTimestamp();
        await pod.CallAsync(path);
        var first = Stopwatch.GetTimestamp();
        await pod.CallAsync(path);
        var second = Stopwatch.GetTimestamp();
        await Task.Delay(linger, TimeProvider.System);
        return new(
            pod.ToWarm.TotalMilliseconds, pod.CpuToWarm.TotalMilliseconds, memory,
            answer.Phases.Transfer / 1000.0, answer.Phases.Load / 1000.0, answer.Phases.Start / 1000.0,
            Milliseconds(begun, specialized), Milliseconds(specialized, first), Milliseconds(begun, first), Milliseconds(first, second));
    }

    private static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}
