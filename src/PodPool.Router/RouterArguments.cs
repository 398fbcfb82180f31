using System.ComponentModel.DataAnnotations;

namespace PodPool.Router;

/// <summary>Options from the command line, or from the environment: <c>--hold-time</c> is <c>PODPOOL_ROUTER_HOLD_TIME</c>.</summary>
internal static class RouterArguments
{
    public const string Usage =
        """
        podpool-router --manager ADDRESS,… [--manager-certificate DIR] [--listen ADDRESS,…] [--health ADDRESS] [--domain NAME,…] [--access-log FILE|-]
                       [--hold-time SECONDS] [--hold-limit N] [--hold-limit-per-function N] [--shutdown-delay SECONDS] [--shutdown-time SECONDS]
        An ADDRESS is unix:/path or http://ip:port; a manager's may be http://name:port too: all addresses of the name.
        A manager at https is spoken to over mutual TLS, with tls.crt, tls.key and ca.crt in the DIR; they may come later. Each option is also read from the environment: PODPOOL_ROUTER_HOLD_TIME is --hold-time.
        """;

    private const string EnvironmentPrefix = "PODPOOL_ROUTER_";

    private static readonly Dictionary<string, Action<RouterOptions, string>> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["manager"] = (options, value) => options.Manager = value,
        ["manager-certificate"] = (options, value) => options.ManagerCertificate = value,
        ["listen"] = (options, value) => options.Listen = Split(value),
        ["health"] = (options, value) => options.Health = value,
        ["domain"] = (options, value) => options.Domains = Split(value),
        ["access-log"] = (options, value) => options.AccessLog = value,
        ["hold-time"] = (options, value) => options.HoldTime = Seconds(value),
        ["hold-limit"] = (options, value) => options.HoldLimit = Number(value),
        ["hold-limit-per-function"] = (options, value) => options.HoldLimitPerFunction = Number(value),
        ["shutdown-delay"] = (options, value) => options.ShutdownDelay = Seconds(value),
        ["shutdown-time"] = (options, value) => options.ShutdownTime = Seconds(value),
    };

    /// <exception cref="ValidationException">An option is unknown, or its value is not of its form.</exception>
    public static RouterOptions Read(string[] args) => Read(args, Environment.GetEnvironmentVariable);

    /// <exception cref="ValidationException">An option is unknown, or its value is not of its form.</exception>
    public static RouterOptions Read(string[] args, Func<string, string?> environment)
    {
        var options = new RouterOptions();
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

    private static void Set(RouterOptions options, string name, string value, string where)
    {
        try
        {
            Known[name](options, value);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw new ValidationException($"{where}: '{value}' is no number in range", exception);
        }
    }

    private static string[] Split(string value) => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static TimeSpan Seconds(string value) => TimeSpan.FromSeconds(double.Parse(value, System.Globalization.CultureInfo.InvariantCulture));

    private static int Number(string value) => int.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
}
