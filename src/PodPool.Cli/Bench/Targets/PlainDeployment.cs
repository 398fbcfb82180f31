using System.Text.Json.Nodes;
using k8s.Models;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.Bench.Targets;

/// <summary>
/// A first request to an ordinary Deployment that has no pod: from the wish for one to the first answer at its address. What it is made of is its
/// owner's: with a readiness probe it is counted when that has succeeded, without one when its process listens.
/// </summary>
internal sealed class PlainDeployment : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan PollPods = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Cluster _cluster;
    private readonly ObjectName _name;
    private readonly Uri _url;
    private readonly HttpClient _client;

    /// <param name="cluster">Where it is.</param>
    /// <param name="name">Its namespace and name.</param>
    /// <param name="url">What answers a GET with success when one of its pods serves.</param>
    public PlainDeployment(Cluster cluster, ObjectName name, Uri url)
    {
        (_cluster, _name, _url) = (cluster, name, url);

        // Every try dials anew: an address that nobody has yet must not keep the next one waiting.
        _client = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero, ConnectTimeout = TimeSpan.FromMilliseconds(250) }) { Timeout = Patience };
    }

    /// <summary>Measures one, and leaves it without a pod.</summary>
    /// <exception cref="ApiException">It cannot be scaled.</exception>
    /// <exception cref="CliException">It never answered.</exception>
    public async Task<Measurement> MeasureAsync(CancellationToken cancellationToken)
    {
        var selector = await ScaleAsync(0, cancellationToken).ConfigureAwait(false);
        await UntilGoneAsync(selector, cancellationToken).ConfigureAwait(false);
        var time = _cluster.Time;
        var begun = time.GetTimestamp();
        await ScaleAsync(1, cancellationToken).ConfigureAwait(false);
        while (!await AnswersAsync(cancellationToken).ConfigureAwait(false))
        {
            if (time.GetElapsedTime(begun) > Patience)
            {
                throw CliException.Failed($"the Deployment {_name} did not answer at {_url} within {Patience.TotalMinutes:0} min of its start", $"see `kubectl -n {_name.Namespace} describe deployment {_name.Name}`");
            }

            await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
        }

        var took = time.GetElapsedTime(begun);
        await ScaleAsync(0, cancellationToken).ConfigureAwait(false);
        return new(took, "", new Dictionary<string, double>(), null);
    }

    public void Dispose() => _client.Dispose();

    /// <returns>The labels of its pods.</returns>
    private async Task<string> ScaleAsync(int replicas, CancellationToken cancellationToken)
    {
        var deployment = await _cluster.Api.Resource<V1Deployment>().PatchAsync(
            _name, new() { ["spec"] = new JsonObject { ["replicas"] = replicas } }, version: null, cancellationToken).ConfigureAwait(false);
        return string.Join(',', deployment.Spec.Selector.MatchLabels.Select(label => $"{label.Key}={label.Value}"));
    }

    private async Task UntilGoneAsync(string labels, CancellationToken cancellationToken)
    {
        var pods = _cluster.Api.Resource<V1Pod>(_name.Namespace, labels);
        while ((await pods.ListAsync(0, null, cancellationToken).ConfigureAwait(false)).Items.Count > 0)
        {
            await Task.Delay(PollPods, _cluster.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _client.GetAsync(_url, cancellationToken).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
