using k8s;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.Clusters;

/// <summary>Waits for what becomes of an object.</summary>
internal static class ObjectWait
{
    /// <summary>API servers and what is between end a silent watch; it is begun anew before.</summary>
    private static readonly TimeSpan WatchFor = TimeSpan.FromSeconds(60);

    /// <summary>Looks at an object, and at each of its changes, until it is as it should be.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="name">Which object.</param>
    /// <param name="isSo">Given null it is asked whether the object may be gone.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApiException">It cannot be looked at.</exception>
    public static async Task<T?> UntilAsync<T>(KubernetesApi api, ObjectName name, Func<T?, bool> isSo, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var one = api.Resource<T>(name.Namespace, fields: $"metadata.name={name.Name}");
        while (true)
        {
            var page = await one.ListAsync(0, null, cancellationToken).ConfigureAwait(false);
            var current = page.Items is [var found, ..] ? found : null;
            if (isSo(current))
            {
                return current;
            }

            try
            {
                using var watch = await one.WatchAsync(page.Version, WatchFor, cancellationToken).ConfigureAwait(false);
                await foreach (var happened in watch.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (happened.Kind == WatchEventKind.Bookmark)
                    {
                        continue;
                    }

                    current = happened.Kind == WatchEventKind.Deleted ? null : happened.Subject;
                    if (isSo(current))
                    {
                        return current;
                    }
                }
            }
            catch (ApiException exception) when (exception.Failure is ApiFailure.Gone or ApiFailure.Unreachable or ApiFailure.Unavailable)
            {
                // A watch breaks for many reasons; the list tells whether the server still answers.
            }
        }
    }
}
