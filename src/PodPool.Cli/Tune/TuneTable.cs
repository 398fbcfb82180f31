using System.Globalization;
using PodPool.Cli.Output;
using Spectre.Console;

namespace PodPool.Cli.Tune;

/// <summary>What <c>podpool tune</c> found, for people.</summary>
internal static class TuneTable
{
    public static void Write(IAnsiConsole console, TuneReport report)
    {
        console.WriteLine(Text($"{report.Load}"));
        console.WriteLine(Text($"{report.Requests:#,0} requests of {report.Functions:#,0} functions; the longest time without one: {Span(report.LongestGap)}"));
        foreach (var repair in report.Repairs)
        {
            console.WriteLine($"put right: {repair}");
        }

        var assumed = report.Assumptions;
        console.WriteLine(Text(
            $"refill {Seconds(assumed.Refill[0])} (p99 {Seconds(assumed.Refill[1])}, {assumed.RefillFrom}{Slowdown(assumed.RefillSlowdown)}), {assumed.RefillParallelism} at once and {assumed.RefillPerSecond:0.##} a second at most; start {Seconds(assumed.Start[0])} (p99 {Seconds(assumed.Start[1])}); an instance takes {string.Join(" or ", assumed.Concurrency)} {(assumed.Concurrency is [1] ? "request" : "requests")} at once and ends after {string.Join(" or ", assumed.IdleTimeout.Select(Span))} without one; the first {Span(assumed.WarmUp)} are not counted; seed {assumed.Seed}"));
        console.WriteLine();
        WriteRows(console, report);
        console.WriteLine();
        console.WriteLine("* on the Pareto front: nothing else misses no more and takes no more pods. Start: how long requests were held that found no instance with room.");
        console.WriteLine("Warm: pods that waited for a claim; idle: instances that waited for a request. Memory and cost: all pods.");
        console.WriteLine();
        console.WriteLine(report.Verdict);
        if (report.Yaml is not null)
        {
            console.WriteLine();
            console.WriteLine(report.Yaml.TrimEnd());
        }
    }

    private static void WriteRows(IAnsiConsole console, TuneReport report)
    {
        var several = report.Outcomes.Select(row => (row.IdleTimeout, row.Concurrency)).Distinct().Count() > 1;
        string[] own = several ? ["IDLE TIMEOUT", "CONCURRENCY"] : [];
        var table = Show.Columns(
            [" ", "POLICY", .. own, "MISSES", "REFUSED", "START P50", "P99", "P99.9", "WARM POD-H", "SERVING POD-H", "IDLE POD-H", "MEMORY GiB", "COST"]);

        // What a decision needs least comes first; that some were refused is never left out.
        string[] refused = report.Outcomes.All(row => row.Refused == 0) ? ["REFUSED"] : [];
        table.LeaveOut(["IDLE POD-H", "SERVING POD-H", "MEMORY GiB", "P99.9", .. refused]);
        foreach (var row in report.Outcomes)
        {
            string[] which = several ? [Seconds(row.IdleTimeout), Text($"{row.Concurrency}")] : [];
            table.Row(
            [
                row.Front ? "*" : " ", row.Policy, .. which, Text($"{row.MissRate * 100:0.00} %"), Text($"{row.Refused}"), Seconds(row.StartP50), Seconds(row.StartP99), Seconds(row.StartP999),
                Text($"{row.WarmPodHours:0.0}"), Text($"{row.ServingPodHours:0.0}"), Text($"{row.IdlePodHours:0.0}"), Text($"{row.Memory:0.00}"), Text($"{row.Cost:0.00}"),
            ]);
        }

        console.Write(table);
    }

    private static string Slowdown(double share) => share > 0 ? string.Create(CultureInfo.InvariantCulture, $", and {share * 100:0} % longer for each other under way") : "";

    /// <summary>Of times that may be of any length.</summary>
    private static string Span(double seconds) => seconds switch
    {
        < 120 => Seconds(seconds),
        < 7200 => Text($"{seconds / 60:0.#} min"),
        < 172_800 => Text($"{seconds / 3600:0.#} h"),
        _ => Text($"{seconds / 86_400:0.#} days"),
    };

    private static string Seconds(double seconds) => Show.Milliseconds(seconds * 1000);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
