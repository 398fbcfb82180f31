using System.Globalization;
using System.Runtime.CompilerServices;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Pods;

/// <summary>What pods wrote, as the API server hands it on from their nodes.</summary>
internal sealed class PodLogSource(KubernetesApi api)
{
    private static readonly ResourceKind Pods = ResourceKind.Of<V1Pod>();

    /// <summary>A pod's lines, oldest first; none once the pod is gone.</summary>
    public async IAsyncEnumerable<string> ReadAsync(ObjectName pod, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = $"?container={PodTemplate.RuntimeContainer}&follow={(follow ? "true" : "false")}";
        if (tail > 0)
        {
            query += string.Create(CultureInfo.InvariantCulture, $"&tailLines={tail}");
        }

        HttpResponseMessage response;
        try
        {
            var call = new ApiCall("get", "pods/log", ApiLane.Read, Repeatable: true, Retried: !follow);
            response = await api.SendAsync(call, HttpMethod.Get, Pods.Path(pod.Namespace, pod.Name, "log") + query, null, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException exception) when (exception.Failure is ApiFailure.NotFound or ApiFailure.Invalid)
        {
            // It is gone, or its container has not begun.
            yield break;
        }

        using (response)
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
            while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                yield return line;
            }
        }
    }
}
