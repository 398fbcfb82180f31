using System.Collections.Frozen;
using System.Globalization;

namespace PodPool.DaprStandIn;

/// <summary>What the process was started with, in daprd's own words.</summary>
/// <remarks>The names and defaults are those of dapr/dapr cmd/daprd/options/options.go.</remarks>
internal sealed record Flags
{
    /// <summary>Flags of daprd's that mean nothing here, each with a value.</summary>
    private static readonly FrozenSet<string> Ignored = FrozenSet.Create(
        "mode", "dapr-public-port", "dapr-internal-grpc-port", "app-health-port", "profile-port", "config", "control-plane-address", "sentry-address",
        "control-plane-trust-domain", "control-plane-namespace", "placement-host-address", "scheduler-host-address", "allowed-origins", "metrics-port",
        "metrics-listen-address", "dapr-http-max-request-size", "max-body-size", "dapr-http-read-buffer-size", "read-buffer-size", "unix-domain-socket",
        "dapr-block-shutdown-duration", "trust-anchors", "actors-service", "reminders-service");

    /// <summary>Those that are on or off.</summary>
    private static readonly FrozenSet<string> Switches = FrozenSet.Create(
        "enable-profiling", "enable-mtls", "app-ssl", "enable-api-logging", "enable-metrics", "disable-builtin-k8s-secret-store", "log-as-json",
        "enable-app-health-check");

    public string AppId { get; private init; } = "";

    /// <summary>0: there is no application.</summary>
    public int AppPort { get; private init; }

    /// <summary>http or grpc.</summary>
    public string AppProtocol { get; private init; } = "http";

    public string AppChannelAddress { get; private init; } = "127.0.0.1";

    /// <summary>0: any that is free.</summary>
    public int HttpPort { get; private init; } = 3500;

    /// <summary>0: any that is free.</summary>
    public int GrpcPort { get; private init; } = 50001;

    public IReadOnlyList<string> ListenAddresses { get; private init; } = ["127.0.0.1"];

    /// <summary>Folders of components and subscriptions.</summary>
    public IReadOnlyList<string> ResourcesPaths { get; private init; } = [];

    public string LogLevel { get; private init; } = "info";

    /// <summary>How many calls the application has at once; 0: any number.</summary>
    public int AppMaxConcurrency { get; private init; }

    /// <summary>How long calls and events under way may take when the process ends.</summary>
    public TimeSpan GracefulShutdown { get; private init; } = TimeSpan.FromSeconds(5);

    /// <summary>The application is asked how it is, and left alone while it is not well.</summary>
    public bool AppHealthCheck { get; private init; }

    public string AppHealthCheckPath { get; private init; } = "/healthz";

    public TimeSpan AppHealthInterval { get; private init; } = TimeSpan.FromSeconds(5);

    public TimeSpan AppHealthTimeout { get; private init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often in a row it must have been unwell.</summary>
    public int AppHealthThreshold { get; private init; } = 3;

    /// <summary>Other applications by their ids, and where their HTTP servers are; the stand-in's own flag, instead of name resolution.</summary>
    public IReadOnlyDictionary<string, Uri> Peers { get; private init; } = new Dictionary<string, Uri>();

    /// <summary>Parameters in paths are decoded as daprd did before its router was given the escaped path; the stand-in's own flag.</summary>
    public bool DecodeParametersTwice { get; private init; }

    /// <exception cref="FormatException">A flag is unknown, or its value makes no sense.</exception>
    public static Flags Parse(IReadOnlyList<string> arguments)
    {
        var flags = new Flags();
        var peers = new Dictionary<string, Uri>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, value) = Split(arguments[i]);
            if (Switches.Contains(name) || name == "decode-parameters-twice")
            {
                var on = value is null || Truth(name, value);
                flags = name switch
                {
                    "enable-app-health-check" => flags with { AppHealthCheck = on },
                    "decode-parameters-twice" => flags with { DecodeParametersTwice = on },
                    _ => flags,
                };
                continue;
            }

            if (value is null && ++i < arguments.Count)
            {
                value = arguments[i];
            }

            flags = flags.With(name, value ?? throw new FormatException($"flag needs an argument: -{name}"), peers);
        }

        return flags.AppId.Length > 0 ? flags with { Peers = peers } : throw new FormatException("app-id parameter cannot be empty");
    }

    private Flags With(string name, string value, Dictionary<string, Uri> peers)
    {
        switch (name)
        {
            case "app-id":
                return this with { AppId = value };
            case "app-port":
                return this with { AppPort = Number(name, value) };
            case "app-protocol":
                return value is "http" or "grpc" ? this with { AppProtocol = value } : throw new FormatException($"the application's protocol '{value}' is not one that the stand-in speaks (http, grpc)");
            case "app-channel-address":
                return this with { AppChannelAddress = value };
            case "dapr-http-port":
                return this with { HttpPort = Number(name, value) };
            case "dapr-grpc-port":
                return this with { GrpcPort = Number(name, value) };
            case "dapr-listen-addresses":
                return this with { ListenAddresses = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) };
            case "resources-path" or "components-path":
                return this with { ResourcesPaths = [.. ResourcesPaths, value] };
            case "log-level":
                return this with { LogLevel = value };
            case "app-max-concurrency":
                return this with { AppMaxConcurrency = Math.Max(0, Number(name, value)) };
            case "dapr-graceful-shutdown-seconds":
                return this with { GracefulShutdown = TimeSpan.FromSeconds(Number(name, value)) };
            case "app-health-check-path":
                return this with { AppHealthCheckPath = value };
            case "app-health-probe-interval":
                return this with { AppHealthInterval = TimeSpan.FromSeconds(Number(name, value)) };
            case "app-health-probe-timeout":
                return this with { AppHealthTimeout = TimeSpan.FromMilliseconds(Number(name, value)) };
            case "app-health-threshold":
                return this with { AppHealthThreshold = Number(name, value) };
            case "peer" when value.Split('=', 2) is [var id, var address] && Uri.TryCreate(address, UriKind.Absolute, out var uri):
                peers[id] = uri;
                return this;
            default:
                return Ignored.Contains(name) ? this : throw new FormatException($"flag provided but not defined: -{name} ({value})");
        }
    }

    /// <remarks>As Go's flag package: one dash or two, the value behind "=" or as the next argument.</remarks>
    private static (string Name, string? Value) Split(string argument)
    {
        var name = argument.StartsWith("--", StringComparison.Ordinal) ? argument[2..] : argument.StartsWith('-') ? argument[1..] : "";
        if (name.Length == 0)
        {
            throw new FormatException($"'{argument}' is no flag");
        }

        return name.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (name[..at], name[(at + 1)..]) : (name, null);
    }

    private static int Number(string name, string value)
        => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"invalid value \"{value}\" for flag -{name}");

    private static bool Truth(string name, string value)
        => bool.TryParse(value, out var truth) ? truth : throw new FormatException($"invalid boolean value \"{value}\" for -{name}");
}
