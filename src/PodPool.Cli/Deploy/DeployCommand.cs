using System.CommandLine;
using System.Globalization;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy.ReadyToRun;
using PodPool.Cli.Output;
using PodPool.Cli.Pools;
using PodPool.Cli.Server;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using Spectre.Console;

namespace PodPool.Cli.Deploy;

/// <summary><c>podpool deploy</c>: from a project, folder or assembly to a function that can be called.</summary>
internal sealed class DeployCommand : ServerVerb
{
    private static readonly Argument<string> PathArgument = new("PATH") { Description = "a project or its folder, a published folder, or an assembly (.dll)" };

    private static readonly Option<string?> Framework = new("--framework") { Description = "of a project that builds for several", HelpName = "TFM" };

    public DeployCommand()
        : base("deploy", "Publish, compile and upload a function; when it returns, the function can be called.")
    {
        Add(PathArgument);
        FunctionOptions.AddTo(this);
        ClusterFunctionOptions.AddTo(this);
        Add(Framework);
    }

    private protected override async Task<int> RunAsync(VerbContext context, ServerConnection server, CancellationToken cancellationToken)
    {
        var spec = FunctionOptions.Read(context, context.NamespaceAt(server));
        var more = ClusterFunctionOptions.Read(context);
        if (server.Cluster is null)
        {
            ClusterFunctionOptions.Refuse(context);
        }

        await CheckPoolAsync(server, spec, cancellationToken).ConfigureAwait(false);
        var options = new PackageOptions(spec.EntryPoint, context.Get(Framework));
        var builder = new PackageBuilder(context.Terminal, context.Output);
        using var built = await builder.BuildAsync(context.Require(PathArgument), options, cancellationToken).ConfigureAwait(false);

        var deployed = server.Cluster is { } cluster
            ? await new ClusterDeployment(cluster, server.Operator, context.Output).RunAsync(spec, more, built.Package, cancellationToken).ConfigureAwait(false)
            : await Deployment.RunAsync(server.Operator, spec, built.Package, context.Output, cancellationToken).ConfigureAwait(false);
        context.Output.Result(DeployView.Of(deployed, built), console => Render(console, deployed, built));
        return ExitCode.Ok;
    }

    /// <summary>Before anything is built: whether a manager answers at all, and knows the pool.</summary>
    private static async Task CheckPoolAsync(ServerConnection server, FunctionSpec spec, CancellationToken cancellationToken)
    {
        var answer = await server.Operator.ListPoolsAsync(new ListPoolsRequest(), cancellationToken: cancellationToken);
        IReadOnlyList<string> meant = server.Cluster is { } cluster
            ? [.. PoolNames.Candidates(spec.Pool, spec.Function.Namespace, cluster.Installation).Select(name => name.ToString())]
            : [spec.Pool];
        if (!answer.Pools.Any(known => meant.Contains(known.Pool)))
        {
            throw new CliException(
                ExitCode.NotFound,
                $"there is no pool '{spec.Pool}'; the manager has {string.Join(", ", answer.Pools.Select(known => known.Pool))}",
                Remedies.For(Reason.PoolNotFound),
                Reason.PoolNotFound.WireName());
        }
    }

    private static void Render(IAnsiConsole console, DeployResult deployed, BuiltPackage built)
    {
        var answer = deployed.Answer;
        var name = FunctionNames.Show(answer.Function);
        console.MarkupLineInterpolated(answer.Unchanged
            ? (FormattableString)$"[green]{name}[/] is as it was: revision {answer.Revision}"
            : $"[green]{name}[/] can be called: revision {answer.Revision}");
        console.WriteLine($"  entry point  {built.Package.EntryPoint}");
        console.WriteLine($"  package      {built.Package.Files.Count} files, {Show.Bytes(built.Package.Size)}; {deployed.Upload.Files} uploaded ({Show.Bytes(deployed.Upload.Bytes)})");
        console.WriteLine($"  compiled     {CompiledOf(built.ReadyToRun)}");
        foreach (var url in answer.Urls)
        {
            console.WriteLine($"  url          {url}");
        }

        if (answer.Urls.Count > 0)
        {
            console.WriteLine();
            console.WriteLine($"  curl {answer.Urls[0]}");
        }
    }

    private static string CompiledOf(ReadyToRunReport report)
    {
        var native = report.Already + report.Compiled + report.Cached;
        var all = native + report.NotCompiled.Count;
        var origin = report.Cached > 0 ? string.Create(CultureInfo.InvariantCulture, $", {report.Cached} of them before") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{native} of {all} assemblies ahead of time{origin}");
    }
}

/// <summary>A deploy as <c>--output json</c> gives it.</summary>
internal sealed record DeployView(
    string Namespace,
    string Name,
    string Revision,
    string PackageDigest,
    bool Unchanged,
    string EntryPoint,
    IReadOnlyList<string> Urls,
    int Files,
    long Size,
    UploadReport Uploaded,
    ReadyToRunReport ReadyToRun)
{
    public static DeployView Of(DeployResult deployed, BuiltPackage built) => new(
        deployed.Answer.Function.Namespace,
        deployed.Answer.Function.Name,
        deployed.Answer.Revision,
        deployed.Answer.PackageDigest,
        deployed.Answer.Unchanged,
        built.Package.EntryPoint,
        [.. deployed.Answer.Urls],
        built.Package.Files.Count,
        built.Package.Size,
        deployed.Upload,
        built.ReadyToRun);
}
