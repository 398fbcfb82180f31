using PodPool.Contracts.V1;

namespace PodPool.Cli.Server;

/// <summary>What a person can do about a reason. The message says what is wrong; this says what next.</summary>
internal static class Remedies
{
    public static string For(Reason reason) => reason switch
    {
        Reason.EntryPointNotFound or Reason.EntryPointInvalid
            => "name it with --entry-point 'Assembly::Namespace.Type' or 'Assembly::Namespace.Type::Method'; the type must be public",
        Reason.EntryPointAmbiguous => "choose one with --entry-point",
        Reason.AssemblyMissing => "deploy the project or what `dotnet publish` left, so that its dependencies go with it",
        Reason.AssemblyInvalid => "publish it again for this .NET version and architecture",
        Reason.StartupFailed or Reason.StartupTimeout => "see `podpool logs NAME` for what the function wrote, and `podpool describe NAME`",
        Reason.PackageInvalid => "deploy the project, or a folder as `dotnet publish` leaves it",
        Reason.PackageTooLarge => "leave out what the function does not need, or serve large content from elsewhere",
        Reason.RuntimeMismatch => "set <TargetFramework> to the version the pool runs, and deploy again",
        Reason.ArchitectureMismatch => "publish for the pool's runtime identifier, or as portable IL; `podpool deploy` on the project does it",
        Reason.SharedAssemblyTooNew => "reference the version that the host shares, or an older one",
        Reason.FunctionNotFound => "`podpool list` shows what is deployed",
        Reason.PoolNotFound => "`podpool pool list` shows the pools",
        Reason.PoolEmpty => "give the pool more warm pods: `podpool pool resize default --warm N`",
        Reason.BreakerOpen => "`podpool describe NAME` shows why its last start failed; deploy a repaired revision",
        Reason.RegistryMissing => "deploy/README.md, \"Change\", says where the registry is named",
        Reason.RegistryRefused => "give the registry's repository to who pushes there, or name a registry that asks nobody who he is",
        Reason.RegistryUnavailable => "`podpool check` asks the manager for its registry; see its pods and its disk",
        Reason.DaprUnavailable => "start the platform with `podpool local --dapr`; on a cluster, deploy/README.md says how Dapr is installed",
        Reason.FileMissing or Reason.DigestMismatch => "deploy again",
        _ => "",
    };
}
