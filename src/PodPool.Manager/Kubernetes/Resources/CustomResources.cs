namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>What the API server knows the custom resources by. <c>deploy/crds</c> has their schemas, and says what each field means.</summary>
internal static class CustomResources
{
    public const string Group = "podpool.dev";
    public const string Version = "v1alpha1";
    public const string ApiVersion = Group + "/" + Version;
}
