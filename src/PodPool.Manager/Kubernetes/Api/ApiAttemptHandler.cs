using System.Globalization;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>One attempt of a request: counted, and given up when no answer begins in time. Time in a queue does not count.</summary>
internal sealed class ApiAttemptHandler(KubernetesApiOptions options, ApiMetrics? metrics, TimeProvider time) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = ApiCall.Of(request);
        var begun = time.GetTimestamp();
        var outcome = "unreachable";
        using var deadline = new CancellationTokenSource(options.AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var response = await base.SendAsync(request, either.Token).ConfigureAwait(false);
            outcome = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            return response;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            outcome = "canceled";
            throw;
        }
        catch (OperationCanceledException exception) when (deadline.IsCancellationRequested)
        {
            throw new HttpRequestException($"no answer within {options.AnswerTimeout.TotalSeconds:0.#} s", exception);
        }
        finally
        {
            metrics?.Requested(call, outcome, time.GetElapsedTime(begun));
        }
    }
}
