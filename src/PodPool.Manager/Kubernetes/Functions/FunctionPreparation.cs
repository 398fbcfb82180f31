using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Functions;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Packages;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>Turns a function's resource into what the manager serves: its pool, its files, its environment, all checked.</summary>
internal sealed class FunctionPreparation(
    ManagerOptions options, KubernetesOptions cluster, Informer<RuntimePoolResource> pools, FunctionEnvironment environment, IPackageSource packages,
    PackageChecks checks, FileCache files, ClaimKey key, TimeProvider time)
{
    private const int LargestManifest = 4 << 20;

    /// <summary>Everything that can be found wrong before an instance is started is.</summary>
    /// <param name="resource">The function.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NotReadyException">Says what is wrong.</exception>
    public async Task<FunctionRecord> PrepareAsync(FunctionResource resource, CancellationToken cancellationToken)
    {
        // 1. What the resource alone tells.
        if (ResourceRules.ProblemsOf(resource.Spec) is { Count: > 0 } problems)
        {
            throw new NotReadyException("Invalid", string.Join("; ", problems));
        }

        var name = new Core.FunctionName(resource.Metadata.NamespaceProperty, resource.Metadata.Name);
        var spec = FunctionMapping.ToSpec(resource, PoolOf(resource));

        // 2. What it names elsewhere.
        environment.Watch(name, resource.Spec);
        var variables = await environment.ResolveAsync(name, resource.Spec, cancellationToken).ConfigureAwait(false);
        spec.Environment.Add(new Dictionary<string, string>(variables.Values));
        var package = await FetchAsync(name, resource.Spec.Package, cancellationToken).ConfigureAwait(false);
        spec.Files.Add(package.Files);
        if (spec.EntryPoint.Length == 0)
        {
            spec.EntryPoint = package.Config.EntryPoint;
        }

        // 3. What only the bytes tell.
        try
        {
            spec = FunctionRules.Complete(spec);
            spec.EntryPoint = await Task.Run(() => checks.Check(spec), cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw new NotReadyException(exception.ReasonOf().WireName(), exception.Status.Detail) { OfPackage = exception.ReasonOf() != Reason.InvalidArgument };
        }

        var record = new FunctionRecord(name, spec, RevisionOf(spec, variables, package), package.Digest, resource.Metadata.CreationTimestamp ?? time.GetUtcNow())
        {
            Hidden = variables.Secrets,
        };
        if (record.ToManifest(options.StartTimeout).CalculateSize() > LargestManifest)
        {
            throw new NotReadyException("PackageTooLarge", $"the manifest of {name} (file names and environment) is larger than 4 MiB: use fewer files or less environment") { OfPackage = true };
        }

        // 4. Into memory, so that no claim looks at the disk.
        if (await files.ReadAheadAsync(record.Spec.Files, cancellationToken).ConfigureAwait(false) is var (file, why))
        {
            throw new NotReadyException("FileUnreadable", $"the stored file '{file.Path}' cannot be read ({why}); it is fetched again") { OfPackage = true, MayPass = true };
        }

        return record;
    }

    private string PoolOf(FunctionResource resource)
    {
        var space = resource.Metadata.NamespaceProperty;
        foreach (var (poolSpace, poolName) in PoolReference.Parse(resource.Spec.Pool).Candidates(space, cluster.Namespace))
        {
            if (pools.Find(poolSpace, poolName) is { } pool)
            {
                return pool.Spec.Allows(poolSpace, space)
                    ? PoolMapping.KeyOf(poolSpace, poolName)
                    : throw new NotReadyException(
                        "NamespaceNotAllowed", $"the RuntimePool {poolSpace}/{poolName} serves no functions of the namespace '{space}': add it to the pool's spec.allowedNamespaces, or name another pool");
            }
        }

        throw new NotReadyException("PoolNotFound", $"there is no RuntimePool '{resource.Spec.Pool}', neither in the namespace '{space}' nor in '{cluster.Namespace}': create it, or name another");
    }

    private async Task<ResolvedPackage> FetchAsync(Core.FunctionName name, FunctionPackage package, CancellationToken cancellationToken)
    {
        try
        {
            var reference = package.Image is { } image ? PackageReference.OfImage(image) : PackageReference.OfArchive(package.Url!, package.Sha256!);
            var credentials = await environment.CredentialsAsync(name, package, reference, cancellationToken).ConfigureAwait(false);
            return await packages.ResolveAsync(reference, credentials, cancellationToken).ConfigureAwait(false);
        }
        catch (PackageSourceException exception)
        {
            throw new NotReadyException($"Package{exception.Problem}", exception.Message) { OfPackage = true, MayPass = true };
        }
    }

    /// <summary>A secret's value makes another revision, and cannot be guessed from it.</summary>
    private string RevisionOf(Contracts.V1.FunctionSpec spec, ResolvedEnvironment variables, ResolvedPackage package)
    {
        var marked = spec.Clone();
        foreach (var secret in variables.Secrets)
        {
            marked.Environment[secret] = key.Fingerprint(marked.Environment[secret]);
        }

        return FunctionRules.RevisionOf(marked, package.Digest);
    }
}
