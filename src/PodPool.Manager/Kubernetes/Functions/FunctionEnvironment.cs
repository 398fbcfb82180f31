using System.Text;
using k8s.Models;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Packages;
using PodPool.Manager.Packages.Registries;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>A function's variables with their values.</summary>
/// <param name="Values">By name.</param>
/// <param name="Secrets">Names of those whose values nobody may see.</param>
internal sealed record ResolvedEnvironment(IReadOnlyDictionary<string, string> Values, IReadOnlySet<string> Secrets);

/// <summary>Reads what functions name in Secrets and ConfigMaps. No value is ever part of a message.</summary>
internal sealed class FunctionEnvironment : IAsyncDisposable
{
    private const string DockerConfig = ".dockerconfigjson";

    /// <summary>For the first answer to a watch that was just opened.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ReferencedObjects<V1Secret> _secrets;
    private readonly ReferencedObjects<V1ConfigMap> _configMaps;
    private readonly InstallationRegistry _registry;

    /// <param name="api">The cluster.</param>
    /// <param name="registry">The installation's.</param>
    /// <param name="changed">Told which function names something that changed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Told of trouble.</param>
    public FunctionEnvironment(KubernetesApi api, InstallationRegistry registry, Action<FunctionName> changed, TimeProvider time, ILoggerFactory loggers)
    {
        _registry = registry;
        _secrets = new(api, DigestOf, changed, time, loggers);
        _configMaps = new(api, DigestOf, changed, time, loggers);
    }

    /// <summary>What a function names is watched from now on; what it named before and names no more is not.</summary>
    public void Watch(FunctionName function, FunctionResourceSpec spec)
    {
        var secrets = SecretsOf(spec).Append(spec.Package.PullSecret).OfType<string>();
        _secrets.Name(function, secrets.Select(name => new ObjectName(function.Namespace, name)).ToHashSet());
        _configMaps.Name(function, ConfigMapsOf(spec).Select(name => new ObjectName(function.Namespace, name)).ToHashSet());
    }

    /// <summary>The function is gone.</summary>
    public void Forget(FunctionName function)
    {
        _secrets.Name(function, new HashSet<ObjectName>());
        _configMaps.Name(function, new HashSet<ObjectName>());
    }

    /// <summary>
    /// The credentials that a function's package is fetched with: those that it names, or the installation's for what a deploy into the function's
    /// namespace put into the installation's registry; null: none.
    /// </summary>
    /// <exception cref="NotReadyException">Those that it names cannot be had.</exception>
    /// <exception cref="PackageSourceException">The installation's cannot.</exception>
    public async Task<RegistryCredentials?> CredentialsAsync(FunctionName function, FunctionPackage package, PackageReference reference, CancellationToken cancellationToken)
    {
        if (package.PullSecret is not { } name)
        {
            return reference is PackageReference.Image { Reference: var image } && _registry.Keeps(function.Namespace, image)
                ? await _registry.CredentialsAsync(cancellationToken).ConfigureAwait(false)
                : null;
        }

        var secret = await FindAsync(_secrets, new(function.Namespace, name), cancellationToken).ConfigureAwait(false)
            ?? throw new NotReadyException("PullSecretMissing", $"there is no Secret '{name}' in the namespace '{function.Namespace}', which spec.package.pullSecret names: create it") { OfPackage = true };
        if (secret.Data?.TryGetValue(DockerConfig, out var bytes) != true)
        {
            throw new NotReadyException("PullSecretInvalid", $"the Secret '{name}' has no entry '{DockerConfig}': make it with kubectl create secret docker-registry") { OfPackage = true };
        }

        try
        {
            return RegistryCredentials.Parse(bytes);
        }
        catch (PackageSourceException exception)
        {
            throw new NotReadyException("PullSecretInvalid", $"the Secret '{name}': {exception.Message}") { OfPackage = true };
        }
    }

    /// <summary>The values of a function's variables.</summary>
    /// <exception cref="NotReadyException">One cannot be had.</exception>
    public async Task<ResolvedEnvironment> ResolveAsync(FunctionName function, FunctionResourceSpec spec, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var hidden = new HashSet<string>(StringComparer.Ordinal);
        foreach (var variable in spec.Env)
        {
            var value = variable.ValueFrom switch
            {
                null => variable.Value,
                { SecretKeyRef: { } key } => await SecretAsync(function, key, cancellationToken).ConfigureAwait(false),
                { ConfigMapKeyRef: { } key } => await ConfigMapAsync(function, key, cancellationToken).ConfigureAwait(false),
                _ => null,
            };
            if (value is not null)
            {
                values[variable.Name] = value;
                if (variable.ValueFrom?.SecretKeyRef is not null)
                {
                    hidden.Add(variable.Name);
                }
            }
        }

        return new(values, hidden);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _secrets.DisposeAsync().ConfigureAwait(false);
        await _configMaps.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<string?> SecretAsync(FunctionName function, KeyReference key, CancellationToken cancellationToken)
    {
        var secret = await FindAsync(_secrets, new(function.Namespace, key.Name), cancellationToken).ConfigureAwait(false);
        var bytes = secret?.Data?.TryGetValue(key.Key, out var found) == true ? found : null;
        return bytes is not null ? Encoding.UTF8.GetString(bytes) : key.Optional ? null : throw Missing("Secret", function, key, secret is not null);
    }

    private async Task<string?> ConfigMapAsync(FunctionName function, KeyReference key, CancellationToken cancellationToken)
    {
        var map = await FindAsync(_configMaps, new(function.Namespace, key.Name), cancellationToken).ConfigureAwait(false);
        var value = map?.Data?.TryGetValue(key.Key, out var found) == true ? found : null;
        return value ?? (key.Optional ? null : throw Missing("ConfigMap", function, key, map is not null));
    }

    private static async Task<T?> FindAsync<T>(ReferencedObjects<T> objects, ObjectName name, CancellationToken cancellationToken)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            return await objects.FindAsync(name, Patience, cancellationToken).ConfigureAwait(false);
        }
        catch (ReferenceException exception)
        {
            throw new NotReadyException(
                "ReferenceUnreadable", $"{exception.Message}. If the manager may not read it: kubectl -n {name.Namespace} create rolebinding podpool --clusterrole=podpool-function-namespace --serviceaccount=<its namespace>:podpool-manager") { MayPass = true };
        }
    }

    private static NotReadyException Missing(string kind, FunctionName function, KeyReference key, bool exists) => new(
        $"{kind}Missing",
        exists
            ? $"the {kind} '{key.Name}' in the namespace '{function.Namespace}' has no key '{key.Key}', which spec.env names: add it, or make the reference optional"
            : $"there is no {kind} '{key.Name}' in the namespace '{function.Namespace}', which spec.env names: create it, or make the reference optional");

    private static IEnumerable<string?> SecretsOf(FunctionResourceSpec spec) => spec.Env.Select(variable => variable.ValueFrom?.SecretKeyRef?.Name);

    private static IEnumerable<string> ConfigMapsOf(FunctionResourceSpec spec) => spec.Env.Select(variable => variable.ValueFrom?.ConfigMapKeyRef?.Name).OfType<string>();

    private static V1Secret DigestOf(V1Secret secret) => new() { ApiVersion = secret.ApiVersion, Kind = secret.Kind, Metadata = DigestOf(secret.Metadata), Data = secret.Data };

    private static V1ConfigMap DigestOf(V1ConfigMap map) => new() { ApiVersion = map.ApiVersion, Kind = map.Kind, Metadata = DigestOf(map.Metadata), Data = map.Data };

    private static V1ObjectMeta DigestOf(V1ObjectMeta metadata) => new()
    {
        Name = metadata.Name, NamespaceProperty = metadata.NamespaceProperty, Uid = metadata.Uid, ResourceVersion = metadata.ResourceVersion,
    };
}
