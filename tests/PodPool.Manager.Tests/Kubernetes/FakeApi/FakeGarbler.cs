namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>Doubles events of a watch and repeats earlier ones.</summary>
internal static class FakeGarbler
{
    /// <summary>What makes one for each watch, as <see cref="FakeApiServer.Garbler"/> wants it.</summary>
    public static Func<Func<IReadOnlyList<string>, IEnumerable<string>>> New(int seed) => () =>
    {
        var (past, dice) = (new List<string>(), new Random(Interlocked.Increment(ref seed)));
        return lines => Garble(lines, past, dice);
    };

    private static IEnumerable<string> Garble(IReadOnlyList<string> lines, List<string> past, Random random)
    {
        foreach (var line in lines)
        {
            yield return line;
            if (line.Contains("\"ERROR\"", StringComparison.Ordinal) || line.Contains("\"BOOKMARK\"", StringComparison.Ordinal))
            {
                continue;
            }

            past.Add(line);
            if (random.Next(3) == 0)
            {
                yield return past[random.Next(past.Count)];
            }
        }
    }
}
