using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Bench.Plans;

/// <summary>What a scenario does with the functions it calls, but to call them.</summary>
internal interface IPlanGround
{
    /// <summary>Ends every instance of what can be made cold, and returns when they are gone.</summary>
    Task MakeColdAsync(Callee callee, CancellationToken cancellationToken);

    /// <summary>Returns when nothing goes on any more that would be measured too.</summary>
    Task RestAsync(CancellationToken cancellationToken);

    /// <summary>Gives a function another revision.</summary>
    Task UpdateAsync(string function, int revision, CancellationToken cancellationToken);
}

/// <summary>A platform's functions, and what is there already at some address.</summary>
/// <param name="platform">Null: nothing is deployed.</param>
/// <param name="settling">How long everything rests where there is no platform to ask.</param>
/// <param name="time">The clock.</param>
internal sealed class PlanGround(PlanPlatform? platform, TimeSpan settling, TimeProvider time) : IPlanGround
{
    /// <summary>Tells the command that makes something cold what that is.</summary>
    private const string UrlVariable = "PODPOOL_BENCH_URL";

    public async Task MakeColdAsync(Callee callee, CancellationToken cancellationToken)
    {
        if (callee.Deployed is { } function)
        {
            await platform!.Server.EvictFunctionAsync(function, cancellationToken: cancellationToken);
        }
        else if (callee.Function.ForceCold is { } command)
        {
            await RunAsync(command, callee.Url, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task RestAsync(CancellationToken cancellationToken)
        => platform is null ? Task.Delay(settling, time, cancellationToken) : platform.Quiet.WaitAsync(cancellationToken);

    public Task UpdateAsync(string function, int revision, CancellationToken cancellationToken)
        => platform!.Deployment.UpdateAsync(platform.Deployed[function], revision, cancellationToken);

    private static async Task RunAsync(string command, string url, CancellationToken cancellationToken)
    {
        var (shell, flag) = OperatingSystem.IsWindows() ? ("cmd.exe", "/c") : ("/bin/sh", "-c");
        var done = await Tool.RunAsync(
            shell, [flag, command], Environment.CurrentDirectory, new Dictionary<string, string?> { [UrlVariable] = url }, cancellationToken).ConfigureAwait(false);
        if (done.ExitCode != 0)
        {
            throw CliException.Failed(
                $"the command that makes {url} cold ended with {done.ExitCode}: {command}{Environment.NewLine}{string.Join(Environment.NewLine, done.Lines.TakeLast(5))}");
        }
    }
}

/// <summary>A manager, and what is deployed there for a scenario.</summary>
internal sealed record PlanPlatform(
    Operator.OperatorClient Server, QuietPool Quiet, BenchDeployment Deployment, IReadOnlyDictionary<string, DeployedScenario> Deployed);
