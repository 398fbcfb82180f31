using System.CommandLine;
using System.CommandLine.Parsing;
using PodPool.Cli.CommandLine;
using PodPool.Contracts.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace PodPool.Cli.Deploy;

/// <summary>The options that say how a function is run.</summary>
internal static class FunctionOptions
{
    /// <summary>A day, in seconds; longer waits are mistakes.</summary>
    private const double MaxSeconds = 86_400;

    private static readonly Option<string> Name = new("--name") { Description = "the function's name", HelpName = "NAME", Required = true };

    private static readonly Option<string> Pool = new("--pool")
    {
        Description = "the pool whose pods run it",
        HelpName = "POOL",
        DefaultValueFactory = _ => "default",
    };

    private static readonly Option<string?> EntryPoint = new("--entry-point")
    {
        Description = "Assembly, Assembly::Type or Assembly::Type::Method [default: the only one there is]",
        HelpName = "E",
    };

    private static readonly Option<int> Concurrency = new Option<int>("--concurrency")
    {
        Description = "requests at once per instance",
        HelpName = "N",
        DefaultValueFactory = _ => 100,
    }.Within(1, 10_000);

    private static readonly Option<double> IdleTimeout = new Option<double>("--idle-timeout")
    {
        Description = "seconds after which an instance nobody needs is ended",
        HelpName = "S",
        DefaultValueFactory = _ => 300,
    }.Within(0, MaxSeconds);

    private static readonly Option<double> Timeout = new Option<double>("--timeout")
    {
        Description = "seconds one request may take; 0: as long as it likes",
        HelpName = "S",
        DefaultValueFactory = _ => 60,
    }.Within(0, MaxSeconds);

    private static readonly Option<int> Min = CheckedOptions.NotNegative(
        new Option<int>("--min") { Description = "instances kept even when nobody calls", HelpName = "N", DefaultValueFactory = _ => 0 });

    private static readonly Option<int> Max = CheckedOptions.NotNegative(
        new Option<int>("--max") { Description = "instances at most; 0: as many as the pool may have", HelpName = "N", DefaultValueFactory = _ => 0 });

    private static readonly Option<EmptyPoolPolicy> OnEmptyPool = new Option<EmptyPoolPolicy>("--on-empty-pool")
    {
        Description = "what a first request gets while no pod is warm: wait for one, or reject (503) at once [default: wait]",
    }.OneOf("wait", "reject");

    private static readonly Option<string[]> Hosts = new("--host") { Description = "another host name that leads here", HelpName = "H" };

    private static readonly Option<string[]> Paths = new("--path") { Description = "another path prefix that leads here", HelpName = "P" };

    private static readonly Option<string[]> Variables = new("--env", "-e") { Description = "an environment variable of the function", HelpName = "K=V" };

    private static readonly Option<string?> Dapr = new("--dapr") { Description = "a file with what the function uses of Dapr, as spec.dapr of a Function", HelpName = "FILE" };

    private static readonly Option[] All =
        [Name, CommonOptions.Namespace, EntryPoint, Pool, Concurrency, IdleTimeout, Timeout, Min, Max, OnEmptyPool, Hosts, Paths, Variables, Dapr];

    static FunctionOptions() => Variables.Validators.Add(CheckVariables);

    public static void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetValue(Max) is > 0 and var max && result.GetValue(Min) > max)
            {
                result.AddError("--min is greater than --max.");
            }
        });
    }

    /// <summary>The function as asked for; its files and entry point are the package's to say.</summary>
    /// <param name="context">The command line.</param>
    /// <param name="namespace">Of a function that is named without one.</param>
    public static FunctionSpec Read(VerbContext context, string @namespace)
    {
        var spec = new FunctionSpec
        {
            Function = FunctionNames.Parse(context.Require(Name), @namespace),
            Pool = context.Require(Pool),
            EntryPoint = context.Get(EntryPoint) ?? "",
            Concurrency = context.Get(Concurrency),
            Scale = new Scale
            {
                Min = context.Get(Min),
                Max = context.Get(Max),
                IdleTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(context.Get(IdleTimeout))),
            },
            Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(context.Get(Timeout))),
            OnEmptyPool = context.Get(OnEmptyPool),
            Hosts = { context.Get(Hosts) ?? [] },
            Paths = { context.Get(Paths) ?? [] },
            Dapr = context.Get(Dapr) is { } file ? DaprFile.Read(file) : null,
        };
        foreach (var variable in context.Get(Variables) ?? [])
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            spec.Environment[variable[..equals]] = variable[(equals + 1)..];
        }

        return spec;
    }

    private static void CheckVariables(OptionResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (token.Value.IndexOf('=', StringComparison.Ordinal) <= 0)
            {
                result.AddError($"--env {token.Value}: write NAME=VALUE.");
            }
        }
    }
}
