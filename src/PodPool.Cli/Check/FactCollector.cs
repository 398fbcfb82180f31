using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Grpc.Core;
using k8s;
using k8s.Models;
using PodPool.Cli.Clusters;
using PodPool.Cli.Server;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Check;

/// <summary>Looks at all there is of an installation, with this user's rights. What cannot be seen is a fact too.</summary>
/// <param name="server">The cluster, and the way to its manager.</param>
/// <param name="cluster">The cluster.</param>
/// <param name="namespace">Of this user's functions.</param>
internal sealed partial class FactCollector(ServerConnection server, Cluster cluster, string @namespace)
{
    private static readonly TimeSpan ManagerPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private KubernetesApi Api => cluster.Api;

    public async Task<InstallationFacts> CollectAsync(CancellationToken cancellationToken)
    {
        var facts = new InstallationFacts
        {
            Context = cluster.Context,
            Installation = cluster.Installation,
            Version = typeof(FactCollector).Assembly.GetName().Version?.ToString(3) ?? "",
            Server = await LookAsync(() => VersionAsync(cancellationToken)).ConfigureAwait(false),
        };
        if (facts.Server.Found is null)
        {
            return facts;
        }

        var lease = await LookAsync(() => LeaseAsync(cancellationToken)).ConfigureAwait(false);
        var pools = await ListAsync<RuntimePoolResource>(Fact, cancellationToken).ConfigureAwait(false);
        var functions = await ListAsync<FunctionResource>(Fact, cancellationToken).ConfigureAwait(false);
        return facts with
        {
            Rights = await Task.WhenAll(Rights().Select(right => IsGivenAsync(right, cancellationToken))).ConfigureAwait(false),
            Kinds = await LookAsync(() => KindsAsync(cancellationToken)).ConfigureAwait(false),
            Schemas = await Task.WhenAll(Schemas.Wanted.Select(wanted => SchemaAsync(wanted.Key, wanted.Value, cancellationToken))).ConfigureAwait(false),
            Namespace = await LookAsync(() => NamespaceAsync(cancellationToken)).ConfigureAwait(false),
            Manager = await LookAsync(() => DeploymentAsync("manager", cancellationToken)).ConfigureAwait(false),
            Router = await LookAsync(() => DeploymentAsync("router", cancellationToken)).ConfigureAwait(false),
            Dapr = await LookAsync(() => DaprAsync(cancellationToken)).ConfigureAwait(false),
            Leader = lease.Found?.Spec?.HolderIdentity is { Length: > 0 } ? await LeaderAsync(cancellationToken).ConfigureAwait(false) : Look<ManagerFact>.Absent,
            Lease = lease.Found is { } held ? await LookAsync(() => RenewedAsync(held, cancellationToken)).ConfigureAwait(false) : new(lease.End, null, lease.Message),
            Pools = pools,
            Functions = functions,
        };
    }

    /// <summary>What the verbs ask for, and what installing does.</summary>
    private IEnumerable<Right> Rights()
    {
        string[] reading = ["list", "describe", "logs", "pool list", "deploy"];
        var there = cluster.Installation;
        yield return new("get", "coordination.k8s.io", "leases", there, reading);

        // A web socket begins with GET; servers since 1.35 want the right to create too.
        yield return new("get", "", "pods/portforward", there, [.. reading, "invoke"]);
        yield return new("create", "", "pods/portforward", there, [.. reading, "invoke"]);
        yield return new("list", "", "pods", there, ["invoke"]);
        yield return new("patch", CustomResources.Group, "functions", @namespace, ["deploy"]);
        yield return new("create", CustomResources.Group, "functions", @namespace, ["deploy"]);
        yield return new("list", CustomResources.Group, "functions", @namespace, ["deploy", "delete"]);
        yield return new("watch", CustomResources.Group, "functions", @namespace, ["deploy", "delete"]);
        yield return new("delete", CustomResources.Group, "functions", @namespace, ["delete"]);
        yield return new("get", CustomResources.Group, "runtimepools", there, ["pool resize"]);
        yield return new("patch", CustomResources.Group, "runtimepools/scale", there, ["pool resize"]);
        yield return new("create", "apiextensions.k8s.io", "customresourcedefinitions", null, []);
        yield return new("create", "rbac.authorization.k8s.io", "clusterroles", null, []);
        yield return new("create", "rbac.authorization.k8s.io", "clusterrolebindings", null, []);
        yield return new("create", "scheduling.k8s.io", "priorityclasses", null, []);
        yield return new("create", "", "namespaces", null, []);
    }

    private async Task<RightFact> IsGivenAsync(Right right, CancellationToken cancellationToken)
    {
        var parts = right.Resource.Split('/');
        var review = new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SelfSubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["resourceAttributes"] = new JsonObject
                {
                    ["verb"] = right.Verb,
                    ["group"] = right.Group,
                    ["resource"] = parts[0],
                    ["subresource"] = parts.Length > 1 ? parts[1] : "",
                    ["namespace"] = right.Namespace ?? "",
                },
            },
        };
        try
        {
            // The client library knows this kind, but not where it is asked.
            using var content = new StringContent(review.ToJsonString(), Encoding.UTF8, "application/json");
            using var response = await Api.SendAsync(
                new("create", "selfsubjectaccessreviews", ApiLane.Read, Repeatable: true, Retried: true), HttpMethod.Post, "apis/authorization.k8s.io/v1/selfsubjectaccessreviews", content, cancellationToken).ConfigureAwait(false);
            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
            return new(right, json.RootElement.GetProperty("status").GetProperty("allowed").GetBoolean());
        }
        catch (Exception exception) when (exception is ApiException or JsonException or KeyNotFoundException or InvalidOperationException or HttpRequestException)
        {
            return new(right, null);
        }
    }

    private async Task<ServerFact> VersionAsync(CancellationToken cancellationToken)
    {
        using var json = JsonDocument.Parse(await ReadAsync("version", "version", cancellationToken).ConfigureAwait(false));
        var text = json.RootElement.GetProperty("gitVersion").GetString() ?? "";

        // Not the numbers beside it, which some builds leave empty.
        return FirstTwo().Match(text) is { Success: true } version
            ? new(int.Parse(version.Groups[1].ValueSpan, CultureInfo.InvariantCulture), int.Parse(version.Groups[2].ValueSpan, CultureInfo.InvariantCulture), text)
            : throw new JsonException($"'{text}' is no version");
    }

    private async Task<IReadOnlySet<string>> KindsAsync(CancellationToken cancellationToken)
    {
        using var json = JsonDocument.Parse(await ReadAsync("resources", $"apis/{CustomResources.ApiVersion}", cancellationToken).ConfigureAwait(false));
        return json.RootElement.GetProperty("resources").EnumerateArray().Select(resource => resource.GetProperty("name").GetString()!).ToHashSet(StringComparer.Ordinal);
    }

    private async Task<SchemaLook> SchemaAsync(string name, SchemaFact wanted, CancellationToken cancellationToken) => new(
        name,
        await LookAsync(async () =>
        {
            using var text = new StringReader(
                await ReadAsync("customresourcedefinitions.apiextensions.k8s.io", $"apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}", cancellationToken).ConfigureAwait(false));
            return Schemas.Read(text);
        }).ConfigureAwait(false),
        wanted);

    private async Task<NamespaceFact> NamespaceAsync(CancellationToken cancellationToken)
    {
        var found = await Api.Resource<V1Namespace>().GetAsync(new("", cluster.Installation), cancellationToken).ConfigureAwait(false);
        return new(found.Metadata.Labels?.TryGetValue("pod-security.kubernetes.io/enforce", out var standard) == true ? standard : null);
    }

    private async Task<DeploymentFact> DeploymentAsync(string part, CancellationToken cancellationToken)
    {
        var found = await Api.Resource<V1Deployment>().GetAsync(new(cluster.Installation, $"podpool-{part}"), cancellationToken).ConfigureAwait(false);
        var containers = found.Spec.Template.Spec.Containers;
        return new(
            found.Spec.Replicas ?? 1,
            Math.Min(found.Status?.ReadyReplicas ?? 0, found.Status?.UpdatedReplicas ?? 0),
            (containers.FirstOrDefault(container => container.Name == part) ?? containers[0]).Image);
    }

    private async Task<DeploymentFact> DaprAsync(CancellationToken cancellationToken)
    {
        var found = await Api.Resource<V1DaemonSet>().GetAsync(new(cluster.Installation, "podpool-dapr"), cancellationToken).ConfigureAwait(false);
        return new(found.Status?.DesiredNumberScheduled ?? 0, found.Status?.NumberReady ?? 0, found.Spec.Template.Spec.Containers[0].Image);
    }

    private Task<V1Lease> LeaseAsync(CancellationToken cancellationToken)
        => Api.Resource<V1Lease>().GetAsync(new(cluster.Installation, LeaderPort.LeaseName), cancellationToken);

    private async Task<LeaseFact> RenewedAsync(V1Lease first, CancellationToken cancellationToken)
    {
        var begun = cluster.Time.GetTimestamp();
        var duration = TimeSpan.FromSeconds((first.Spec?.LeaseDurationSeconds ?? 0) + 1);
        var last = first;
        while (last.Spec?.HolderIdentity is { Length: > 0 } holder)
        {
            last = await LeaseAsync(cancellationToken).ConfigureAwait(false);
            var isRenewed = last.Spec?.RenewTime != first.Spec?.RenewTime;
            if (isRenewed || cluster.Time.GetElapsedTime(begun) > duration)
            {
                return new(last.Spec?.HolderIdentity is { Length: > 0 } now ? now : null, isRenewed);
            }

            await Task.Delay(LookEvery, cluster.Time, cancellationToken).ConfigureAwait(false);
        }

        return new(null, false);
    }

    private async Task<Look<ManagerFact>> LeaderAsync(CancellationToken cancellationToken)
    {
        try
        {
            var status = await server.Operator.DescribeManagerAsync(
                new DescribeManagerRequest(), deadline: cluster.Time.GetUtcNow().UtcDateTime + ManagerPatience, cancellationToken: cancellationToken);
            return Look<ManagerFact>.At(new(status.Version, status.Registry, status.RegistryProblem));
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var denied = ServerFailure.CauseOf(exception) is { InnerException: ApiException { Failure: ApiFailure.Denied } };
            return exception.StatusCode == StatusCode.Unimplemented
                ? new(LookEnd.Unknown, null, "it is of an older version than this podpool")
                : new(denied ? LookEnd.Denied : LookEnd.Failed, null, ServerFailure.Describe(exception, cluster).Message);
        }
    }

    /// <summary>All objects of a kind, or where this user may not see all, those of the namespaces that matter.</summary>
    private async Task<Look<IReadOnlyList<ObjectFact>>> ListAsync<T>(Func<T, ObjectFact> factOf, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var all = await LookAsync(() => InAsync(null)).ConfigureAwait(false);
        if (all.End != LookEnd.Denied)
        {
            return all;
        }

        var seen = new List<ObjectFact>();
        var any = false;
        foreach (var space in new[] { cluster.Installation, @namespace }.Distinct())
        {
            var some = await LookAsync(() => InAsync(space)).ConfigureAwait(false);
            any |= some.Found is not null;
            seen.AddRange(some.Found ?? []);
        }

        return any ? Look<IReadOnlyList<ObjectFact>>.At(seen) : all;

        async Task<IReadOnlyList<ObjectFact>> InAsync(string? space)
        {
            var page = await Api.Resource<T>(space).ListAsync(0, null, cancellationToken).ConfigureAwait(false);
            return [.. page.Items.Select(factOf)];
        }
    }

    private static ObjectFact Fact(RuntimePoolResource pool) => new(
        ObjectName.Of(pool).ToString(),
        pool.Metadata.Generation ?? 0,
        pool.Status?.ObservedGeneration ?? 0,
        pool.Status is { } status
            ? string.Create(CultureInfo.InvariantCulture, $"{status.Warm} of {pool.Spec.Size.Warm} pods are warm, {status.Serving} serve")
            : "",
        pool.Status?.Conditions ?? []);

    private static ObjectFact Fact(FunctionResource function)
        => new(ObjectName.Of(function).ToString(), function.Metadata.Generation ?? 0, function.Status?.ObservedGeneration ?? 0, "", function.Status?.Conditions ?? []) { UsesDapr = function.Spec.Dapr is not null };

    private async Task<string> ReadAsync(string resource, string path, CancellationToken cancellationToken)
    {
        using var response = await Api.SendAsync(new("get", resource, ApiLane.Read, Repeatable: true, Retried: true), HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<Look<T>> LookAsync<T>(Func<Task<T>> look)
        where T : class
    {
        try
        {
            return Look<T>.At(await look().ConfigureAwait(false));
        }
        catch (ApiException exception)
        {
            var end = exception.Failure switch { ApiFailure.NotFound => LookEnd.Absent, ApiFailure.Denied when exception.StatusCode == HttpStatusCode.Forbidden => LookEnd.Denied, _ => LookEnd.Failed };

            // Which right is missing says enough; who is asking, and of what, is known.
            return new(end, null, end == LookEnd.Denied ? $"that needs the right to {exception.Message.Split(": ")[0]["cannot ".Length..]}" : exception.Message);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or HttpRequestException or IOException or YamlDotNet.Core.YamlException)
        {
            return new(LookEnd.Failed, null, $"the answer cannot be read: {exception.Message}");
        }
    }

    [GeneratedRegex("^v?([0-9]{1,4})[.]([0-9]{1,4})")]
    private static partial Regex FirstTwo();
}
