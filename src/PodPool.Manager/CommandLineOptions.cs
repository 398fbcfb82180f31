using System.Globalization;

namespace PodPool.Manager;

/// <summary>The options of a manager that is run alone.</summary>
internal static class CommandLineOptions
{
    public const string Usage = """
        PodPool.Manager --state DIR --runtime DIR --listen ADDRESS [--public URL] [--warm N] [--max N] [--memory MIB]
                         [--prefetch MIB] [--keep-pods]

          --state DIR       what outlives the manager: functions, files, logs
          --runtime DIR     where the published PodPool.Runtime is
          --listen ADDRESS  unix:/path or http://IP:port
          --public URL      where callers reach the router (default http://127.0.0.1:8080)
          --warm N          warm pods to keep (default 4)
          --max N           pods in all (default 0: no limit)
          --memory MIB      memory of one pod (default 512; 0: no limit)
          --prefetch MIB    package files that each warm pod is given while it idles (default 16; 0: none)
          --keep-pods       pods go on when the manager stops, for the next one to take over
        """;

    /// <returns>Null: help was asked for.</returns>
    /// <exception cref="ManagerOptionsException">The line cannot be understood; the message says what of it.</exception>
    public static ManagerOptions? Parse(IReadOnlyList<string> args)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--help" or "-h":
                    return null;
                case "--keep-pods":
                    values["--keep-pods"] = "";
                    break;
                case "--state" or "--runtime" or "--listen" or "--public" or "--warm" or "--max" or "--memory" or "--prefetch" when i + 1 < args.Count:
                    values[args[i]] = args[++i];
                    break;
                case "--state" or "--runtime" or "--listen" or "--public" or "--warm" or "--max" or "--memory" or "--prefetch":
                    throw new ManagerOptionsException($"{args[i]} needs a value; --help says which");
                default:
                    throw new ManagerOptionsException($"'{args[i]}' is no option; --help lists them");
            }
        }

        var pool = new PoolOptions();
        return new()
        {
            StateFolder = Required("--state"),
            RuntimeFolder = Required("--runtime"),
            Listen = Required("--listen"),
            PublicAddress = values.GetValueOrDefault("--public", "http://127.0.0.1:8080"),
            KeepPods = values.ContainsKey("--keep-pods"),
            Pools =
            [
                pool with
                {
                    Warm = Number("--warm", pool.Warm),
                    Max = Number("--max", pool.Max),
                    PrefetchBytes = (long)Number("--prefetch", (int)(pool.PrefetchBytes >> 20)) << 20,
                    MemoryBytes = (long)Number("--memory", (int)(pool.MemoryBytes >> 20)) << 20,
                },
            ],
        };

        string Required(string name) => values.TryGetValue(name, out var value) ? value : throw new ManagerOptionsException($"{name} is missing; --help lists the options");

        int Number(string name, int otherwise) => !values.TryGetValue(name, out var text) ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new ManagerOptionsException($"{name} is '{text}', which is no whole number");
    }
}
