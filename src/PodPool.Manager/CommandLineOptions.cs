using System.Globalization;

namespace PodPool.Manager;

/// <summary>The options of a manager that is run alone.</summary>
internal static class CommandLineOptions
{
    public const string Usage = """
        PodPool.Manager --state DIR --runtime DIR --listen ADDRESS [--public URL] [--warm N] [--miss-probability P] [--max N]
                         [--memory MIB] [--prefetch MIB] [--keep-pods] [--console ADDRESS] [--console-host NAME,…]

          --state DIR       what outlives the manager: functions, files, logs
          --runtime DIR     where the published PodPool.Runtime is
          --listen ADDRESS  unix:/path or http://IP:port; with --kubernetes also https://IP:port: routers alone come in, by the certificate in the Secret podpool-router
          --public URL      where callers reach the router (default http://127.0.0.1:8080)
          --warm N          warm pods to keep (default 4)
          --miss-probability P  the pool sizes itself, so that this share of first requests (0.01: one of a hundred) finds no warm pod; it begins with --warm
          --max N           pods in all (default 0: no limit)
          --memory MIB      memory of one pod (default 512; 0: no limit)
          --prefetch MIB    package files that each warm pod is given while it idles (default 16; 0: none)
          --keep-pods       pods go on when the manager stops, for the next one to take over
          --console ADDRESS http://IP:port of the page for operators, /console; who reaches it may look, and nobody can change anything there
          --console-host NAME,…  names by which a browser may reach the page, besides the address itself, localhost and 127.0.0.1

        PodPool.Manager --kubernetes --state DIR --listen ADDRESS --operators ADDRESS [--health ADDRESS] [--console ADDRESS] [--console-host NAME,…] [--registry URL]
                         [--registry-credentials FILE] [--insecure-registry HOST,…] [--domain NAME] [--gateway NAMESPACE/NAME] [--public URL] [--cluster-domain NAME]
                         [--kubeconfig FILE]

          --kubernetes      pods, pools and functions are a cluster's; POD_NAME and POD_NAMESPACE in the environment say who this manager is
          --state DIR       a cache: packages that were fetched
          --operators ADDRESS  where operators come in, on the loopback: who may forward the pod's ports may
          --health ADDRESS  where /healthz, /readyz and /metrics are answered
          --console ADDRESS as above, on the loopback: who may forward the pod's ports may look
          --registry URL    the installation's registry, where deploys put packages; without TLS if it begins with http:
          --registry-credentials FILE  for that registry: the .dockerconfigjson of a Secret, which need not be there
          --insecure-registry HOST,…  registries without TLS
          --domain NAME     functions are also called at function.namespace.NAME
          --gateway NAMESPACE/NAME  each function gets an HTTPRoute, by which this Gateway leads its hosts to the router
          --cluster-domain NAME  the domain of the cluster's own names (default cluster.local)
          --kubeconfig FILE for a manager outside the cluster
        """;

    private static readonly string[] Switches = ["--keep-pods", "--kubernetes"];

    private static readonly string[] Valued =
    [
        "--state", "--runtime", "--listen", "--public", "--domain", "--warm", "--miss-probability", "--max", "--memory", "--prefetch",
        "--operators", "--health", "--console", "--console-host", "--registry", "--registry-credentials", "--insecure-registry", "--gateway", "--cluster-domain", "--kubeconfig",
    ];

    /// <returns>Null: help was asked for.</returns>
    /// <exception cref="ManagerOptionsException">The line cannot be understood; the message says what of it.</exception>
    public static ManagerOptions? Parse(IReadOnlyList<string> args)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] is "--help" or "-h")
            {
                return null;
            }

            if (Switches.Contains(args[i]))
            {
                values[args[i]] = "";
            }
            else if (!Valued.Contains(args[i]))
            {
                throw new ManagerOptionsException($"'{args[i]}' is no option; --help lists them");
            }
            else
            {
                values[args[i]] = i + 1 < args.Count ? args[++i] : throw new ManagerOptionsException($"{args[i]} needs a value; --help says which");
            }
        }

        var pool = new PoolOptions();
        var options = new ManagerOptions
        {
            StateFolder = Required("--state"),
            RuntimeFolder = values.ContainsKey("--kubernetes") ? AppContext.BaseDirectory : Required("--runtime"),
            Listen = Required("--listen"),
            PublicAddress = values.GetValueOrDefault("--public", "http://127.0.0.1:8080"),
            Domain = values.GetValueOrDefault("--domain"),
            Health = values.GetValueOrDefault("--health"),
            Console = values.GetValueOrDefault("--console"),
            ConsoleHosts = Names("--console-host"),
            KeepPods = values.ContainsKey("--keep-pods"),
            Pools =
            [
                pool with
                {
                    Warm = Number("--warm", pool.Warm),
                    Size = Auto(),
                    Max = Number("--max", pool.Max),
                    PrefetchBytes = (long)Number("--prefetch", (int)(pool.PrefetchBytes >> 20)) << 20,
                    MemoryBytes = (long)Number("--memory", (int)(pool.MemoryBytes >> 20)) << 20,
                },
            ],
        };
        return !values.ContainsKey("--kubernetes") ? options : options with
        {
            // The next manager takes them over; there is always a next one.
            KeepPods = true,
            Pools = [],
            SweepEvery = TimeSpan.FromSeconds(30),
            Kubernetes = new()
            {
                Namespace = FromEnvironment("POD_NAMESPACE"),
                Identity = FromEnvironment("POD_NAME"),
                Operators = Required("--operators"),
                Registry = values.GetValueOrDefault("--registry") is { Length: > 0 } registry ? registry : null,
                RegistryCredentials = values.GetValueOrDefault("--registry-credentials"),
                InsecureRegistries = Names("--insecure-registry"),
                Gateway = values.GetValueOrDefault("--gateway") is { Length: > 0 } gateway ? gateway : null,
                ClusterDomain = values.GetValueOrDefault("--cluster-domain", "cluster.local"),
                KubeConfig = values.GetValueOrDefault("--kubeconfig"),
            },
        };

        SizeOptions Auto() => !values.TryGetValue("--miss-probability", out var text) ? new()
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is > 0 and < 1 ? new() { Auto = new(share) }
            : throw new ManagerOptionsException($"--miss-probability is '{text}'; it must be more than 0 and less than 1");

        static string FromEnvironment(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
            ? value
            : throw new ManagerOptionsException($"the environment variable {name} is not set: --kubernetes needs it");

        string Required(string name) => values.TryGetValue(name, out var value) ? value : throw new ManagerOptionsException($"{name} is missing; --help lists the options");

        string[] Names(string name) => values.TryGetValue(name, out var list) ? list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [];

        int Number(string name, int otherwise) => !values.TryGetValue(name, out var text) ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new ManagerOptionsException($"{name} is '{text}', which is no whole number");
    }
}
