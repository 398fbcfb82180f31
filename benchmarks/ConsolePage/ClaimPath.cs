using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Core;
using PodPool.Manager.Observability;
using PodPool.Manager.Operations;
using PodPool.Manager.WebConsole.History;

namespace PodPool.Benchmarks;

/// <summary>What a console adds to a start, whether somebody looks or not: the figures of its phases, and two events that are kept.</summary>
internal static class ClaimPath
{
    private const int Rounds = 1_000_000;

    /// <summary>Nanoseconds a start, the least of ten rounds: what is more is another program's.</summary>
    public static double Nanoseconds()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var function = new FunctionSpec(new("default", "hello"), "r", "p", 1, new(0, 1, TimeSpan.FromMinutes(5)), EmptyPoolPolicy.Wait);
        var phases = new StartPhases(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(3));
        var happened = new PoolEvent(PoolEventKind.Serving, new("pod"), function.Name);
        var recent = new Recent<Happening>(256);
        using var without = new ManagerMetrics(services.GetRequiredService<IMeterFactory>(), "without");
        using var with = new ManagerMetrics(services.GetRequiredService<IMeterFactory>(), "with");
        using var figures = new StartFigures(with);
        var bare = Least(() => without.Specialized(function, phases, TimeSpan.FromMilliseconds(11)));
        var counted = Least(() =>
        {
            with.Specialized(function, phases, TimeSpan.FromMilliseconds(11));
            recent.Add(new(default, "default", happened));
            recent.Add(new(default, "default", happened));
        });
        return counted - bare;
    }

    private static double Least(Action work) => Enumerable.Range(0, 10).Min(_ =>
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Rounds; i++)
        {
            work();
        }

        return Stopwatch.GetElapsedTime(began).TotalNanoseconds / Rounds;
    });
}
