using Grpc.Core;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Deploy;

/// <summary>
/// Makes a package a function of a cluster. The bytes go through the manager into the installation's registry; the Function is applied with this user's own
/// rights, so that who may deploy where is the cluster's to say.
/// </summary>
internal sealed class ClusterDeployment(Cluster cluster, Operator.OperatorClient server, IOutput output)
{
    private const int Attempts = 3;

    /// <summary>What the manager tries again by itself.</summary>
    private static readonly string[] MayPass = ["PackageUnreachable", "PackageUnavailable", "PackageNotFound"];

    /// <exception cref="CliException">The function is not ready; says why.</exception>
    public async Task<DeployResult> RunAsync(FunctionSpec spec, ClusterFunction more, Package package, CancellationToken cancellationToken)
    {
        var (published, upload) = await PublishAsync(spec.Function, package, cancellationToken).ConfigureAwait(false);
        var manifest = FunctionManifest.Of(spec, more, published.Image, published.EntryPoint);
        var name = ObjectName.Of(manifest);
        var before = await GenerationOfAsync(name, cancellationToken).ConfigureAwait(false);
        var applied = await cluster.Functions.ApplyAsync(manifest, Cluster.FieldManager, cancellationToken).ConfigureAwait(false);
        var generation = applied.Metadata.Generation ?? 0;
        var ready = more.Patience == TimeSpan.Zero ? applied : await output.BusyAsync(
            $"Waiting for {FunctionNames.Show(spec.Function)}", () => ReadyAsync(name, generation, more.Patience, cancellationToken)).ConfigureAwait(false);
        return new(
            new()
            {
                Function = spec.Function,
                Revision = ready.Status?.ObservedGeneration >= generation ? ready.Status.Revision ?? "" : "",
                PackageDigest = published.PackageDigest,
                Unchanged = before == generation,
                Urls = { AddressesOf(ready) },
            },
            upload);
    }

    /// <summary>Where a function is called, the plain name in the cluster too.</summary>
    public static IEnumerable<string> AddressesOf(FunctionResource function)
    {
        IEnumerable<string> known = function.Status?.Addresses ?? [];
        return ConditionOf(function, ConditionTypes.ServiceReady) is { Status: ResourceCondition.True }
            ? known.Append($"http://{function.Metadata.Name}.{function.Metadata.NamespaceProperty}.svc")
            : known;
    }

    /// <summary>The leader may change between the files and what is made of them: the next one has not got them.</summary>
    private async Task<(PublishPackageResponse Published, UploadReport Upload)> PublishAsync(FunctionName function, Package package, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var upload = await Upload.RunAsync(server, package, output, cancellationToken).ConfigureAwait(false);
                var request = new PublishPackageRequest { Function = function, EntryPoint = package.EntryPoint, Files = { package.Files } };
                var published = await output.BusyAsync(
                    "Putting the package into the registry", () => server.PublishPackageAsync(request, cancellationToken: cancellationToken).ResponseAsync).ConfigureAwait(false);
                return (published, upload);
            }
            catch (RpcException exception) when (attempt < Attempts && (exception.ReasonOf() == Reason.FileMissing || LeaderRetry.MaySucceed(exception)) && !cancellationToken.IsCancellationRequested)
            {
                cluster.Leader.Drop();
                output.Note("The manager changed meanwhile: once more");
            }
        }
    }

    /// <returns>Null: there is none, or this user may not look.</returns>
    private async Task<long?> GenerationOfAsync(ObjectName name, CancellationToken cancellationToken)
    {
        try
        {
            return (await cluster.Functions.GetAsync(name, cancellationToken).ConfigureAwait(false)).Metadata.Generation;
        }
        catch (ApiException exception) when (exception.Failure is ApiFailure.NotFound or ApiFailure.Denied)
        {
            return null;
        }
    }

    private async Task<FunctionResource> ReadyAsync(ObjectName name, long generation, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(patience, cluster.Time);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        FunctionResource? last = null;
        try
        {
            var end = await ObjectWait.UntilAsync<FunctionResource>(cluster.Api, name, function => IsSettled(last = function, generation), waiting.Token).ConfigureAwait(false);
            return end is null ? throw CliException.Failed($"{name} was deleted meanwhile")
                : ConditionOf(end, ConditionTypes.Ready) is { Status: ResourceCondition.True } ? end
                : throw NotReady(name, ConditionOf(end, ConditionTypes.Ready)!);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw last is not null && IsOf(last, generation) && ConditionOf(last, ConditionTypes.Ready) is { Status: ResourceCondition.False } condition
                ? NotReady(name, condition)
                : new CliException(
                    ExitCode.Failed,
                    $"{name} is applied, but after {patience.TotalSeconds:0.#} s no manager said that it is ready",
                    $"see `podpool check`, and `kubectl -n {name.Namespace} describe function {name.Name}`",
                    Reason.DeadlineExceeded.WireName());
        }
    }

    private static bool IsSettled(FunctionResource? function, long generation)
        => function is null || (IsOf(function, generation) && ConditionOf(function, ConditionTypes.Ready) is { } ready
            && (ready.Status == ResourceCondition.True || (ready.Status == ResourceCondition.False && !MayPass.Contains(ready.Reason))));

    /// <summary>Whether the status tells of what was applied, and not of what was there before.</summary>
    private static bool IsOf(FunctionResource function, long generation) => function.Status?.ObservedGeneration >= generation;

    private static ResourceCondition? ConditionOf(FunctionResource function, string type)
        => function.Status?.Conditions.FirstOrDefault(condition => condition.Type == type);

    private static CliException NotReady(ObjectName name, ResourceCondition condition)
    {
        // Conditions name the reasons of the wire in their own form.
        var reason = Enum.TryParse<Reason>(condition.Reason, out var known) ? known : Reason.Unspecified;
        var code = reason.IsFaultOfCode() ? ExitCode.Refused : reason == Reason.PoolNotFound ? ExitCode.NotFound : condition.Reason == "Invalid" ? ExitCode.Usage : ExitCode.Failed;
        return new(
            code,
            $"{name} is applied, but not ready: {condition.Message ?? condition.Reason}",
            Remedies.For(reason),
            reason == Reason.Unspecified ? condition.Reason : reason.WireName());
    }
}
