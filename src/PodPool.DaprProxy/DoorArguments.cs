using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace PodPool.DaprProxy;

/// <summary>Options from the command line, or from the environment: <c>--calls-per-function</c> is <c>PODPOOL_DOOR_CALLS_PER_FUNCTION</c>.</summary>
internal static class DoorArguments
{
    public const string Usage =
        """
        podpool-door --manager ADDRESS,… [--manager-certificate DIR] [--node NAME] [--trust-domain NAME] [--listen ADDRESS,…] [--endpoint URL] [--daprd-http URL] [--daprd-grpc URL]
                     [--app ADDRESS] [--router URL] [--pass-methods NAME,…] [--calls-per-function N]
                     [--events-per-function N] [--max-body BYTES] [--health ADDRESS]
        An ADDRESS is http://ip:port; a manager's may be unix:/path, or http://name:port too: all addresses of the name.
        A manager at https is spoken to over mutual TLS, with tls.crt, tls.key and ca.crt in the DIR; they may come later. Each option is also read from the
        environment: PODPOOL_DOOR_DAPRD_HTTP is --daprd-http. DAPR_API_TOKEN is the token that daprd wants of its callers, APP_API_TOKEN the one that it shows to its
        application.
        """;

    private const string EnvironmentPrefix = "PODPOOL_DOOR_";

    private static readonly Dictionary<string, Action<DoorOptions, string>> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["manager"] = (options, value) => options.Manager = value,
        ["manager-certificate"] = (options, value) => options.ManagerCertificate = value,
        ["node"] = (options, value) => options.Node = value,
        ["trust-domain"] = (options, value) => options.TrustDomain = value,
        ["listen"] = (options, value) => options.Listen = value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        ["endpoint"] = (options, value) => options.Endpoint = value,
        ["daprd-http"] = (options, value) => options.DaprdHttp = new(value),
        ["daprd-grpc"] = (options, value) => options.DaprdGrpc = new(value),
        ["app"] = (options, value) => options.App = value,
        ["events-per-function"] = (options, value) => options.EventsPerFunction = int.Parse(value, CultureInfo.InvariantCulture),
        ["router"] = (options, value) => options.Router = new(value),
        ["pass-methods"] = (options, value) => options.PassMethods = value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        ["calls-per-function"] = (options, value) => options.CallsPerFunction = int.Parse(value, CultureInfo.InvariantCulture),
        ["max-body"] = (options, value) => options.MaxBody = int.Parse(value, CultureInfo.InvariantCulture),
        ["health"] = (options, value) => options.Health = value,
    };

    /// <exception cref="ValidationException">An option is unknown, or its value is not of its form.</exception>
    public static DoorOptions Read(string[] args, Func<string, string?> environment)
    {
        var options = new DoorOptions { DaprdToken = Given(environment("DAPR_API_TOKEN")), AppToken = Given(environment("APP_API_TOKEN")) };
        foreach (var name in Known.Keys)
        {
            var variable = EnvironmentPrefix + name.Replace('-', '_').ToUpperInvariant();
            if (environment(variable) is { Length: > 0 } value)
            {
                Set(options, name, value, variable);
            }
        }

        for (var i = 0; i < args.Length; i += 2)
        {
            var name = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i][2..] : "";
            if (!Known.ContainsKey(name))
            {
                throw new ValidationException($"'{args[i]}' is no option");
            }

            Set(options, name, i + 1 < args.Length ? args[i + 1] : throw new ValidationException($"{args[i]} needs a value"), args[i]);
        }

        return options;
    }

    private static string? Given(string? value) => value is { Length: > 0 } ? value : null;

    private static void Set(DoorOptions options, string name, string value, string where)
    {
        try
        {
            Known[name](options, value);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw new ValidationException($"{where}: '{value}' is not of its form, or out of range", exception);
        }
    }
}
