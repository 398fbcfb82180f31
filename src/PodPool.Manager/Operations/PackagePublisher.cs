using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Manager.Functions;
using PodPool.Manager.Packages;
using PodPool.Manager.Packages.Registries;
using WireSpec = PodPool.Contracts.V1.FunctionSpec;

namespace PodPool.Manager.Operations;

/// <summary>Puts uploaded packages into the installation's registry: a Function names what is there, and every manager can fetch it.</summary>
/// <param name="registry">The installation's.</param>
/// <param name="checks">What is wrong with a package by itself.</param>
/// <param name="packages">Null: this manager's functions name no packages, it keeps them itself.</param>
internal sealed class PackagePublisher(InstallationRegistry registry, PackageChecks checks, IPackageSource? packages = null)
{
    private static readonly TimeSpan CheckPatience = TimeSpan.FromSeconds(5);

    /// <summary>The installation's registry; null: it has none.</summary>
    public string? Registry => registry.Address;

    /// <summary>Checks a package and pushes it.</summary>
    /// <exception cref="RpcException">As pool.proto lists them.</exception>
    public async Task<PublishPackageResponse> PublishAsync(PublishPackageRequest request, CancellationToken cancellationToken)
    {
        if (packages is null)
        {
            throw Reason.InvalidArgument.ToException("this manager keeps packages itself, and no registry: deploy to it instead", ("field", "server"));
        }

        // 1. What would be found wrong later is found before anything is pushed.
        var spec = FunctionRules.Complete(new WireSpec { Function = request.Function, EntryPoint = request.EntryPoint, Files = { request.Files } });
        var repository = RepositoryOf(spec.Function);
        var entryPoint = await Task.Run(() => checks.Check(spec), cancellationToken).ConfigureAwait(false);

        // 2. Only what the registry does not hold goes there.
        try
        {
            var credentials = await registry.CredentialsAsync(cancellationToken).ConfigureAwait(false);
            var image = await packages.PushAsync(repository, spec.Files, PackageConfig.None with { EntryPoint = entryPoint }, credentials, cancellationToken).ConfigureAwait(false);
            return new() { Image = image.ToString(), PackageDigest = PackageRules.Digest(spec.Files), EntryPoint = entryPoint };
        }
        catch (PackageSourceException exception)
        {
            throw ReasonOf(exception.Problem).ToException($"the package could not be put into the registry: {exception.Message}", ("registry", Registry!));
        }
    }

    /// <summary>Whether the registry answers the manager.</summary>
    /// <returns>What is wrong; empty: nothing, or there is none.</returns>
    public async Task<string> ProblemAsync(CancellationToken cancellationToken)
    {
        if (packages is null || Registry is null)
        {
            return "";
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(CheckPatience);
        try
        {
            var credentials = await registry.CredentialsAsync(patience.Token).ConfigureAwait(false);
            await packages.CheckAsync(RepositoryOf(new() { Namespace = "podpool", Name = "check" }), credentials, patience.Token).ConfigureAwait(false);
            return "";
        }
        catch (Exception exception) when (exception is PackageSourceException or RpcException)
        {
            return exception is RpcException refused ? refused.Status.Detail : exception.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"it does not answer within {CheckPatience.TotalSeconds:0} s";
        }
    }

    private RepositoryReference RepositoryOf(FunctionName function)
    {
        if (Registry is null)
        {
            throw Reason.RegistryMissing.ToException(
                "this installation names no registry (--registry of the manager, `registry` in podpool-settings): name one, or publish the package elsewhere and apply a Function that names it");
        }

        try
        {
            return registry.RepositoryOf(new(function.Namespace, function.Name));
        }
        catch (PackageSourceException exception)
        {
            throw Reason.RegistryMissing.ToException($"the installation's registry is '{Registry}', where nothing can be put: {exception.Message}", ("registry", Registry));
        }
    }

    private static Reason ReasonOf(PackageProblem problem) => problem switch
    {
        PackageProblem.Unreachable or PackageProblem.Unavailable => Reason.RegistryUnavailable,

        // Of files that the manager held: it does no more.
        PackageProblem.StorageFailed or PackageProblem.NotFound => Reason.FileMissing,
        PackageProblem.PackageInvalid => Reason.PackageInvalid,
        PackageProblem.PackageTooLarge => Reason.PackageTooLarge,
        _ => Reason.RegistryRefused,
    };
}
