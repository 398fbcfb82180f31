using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Holding;
using Yarp.ReverseProxy.Forwarder;

namespace PodPool.Router.Forwarding;

/// <summary>
/// One request on its way: what the forwarder changes on it and on its answer, and what the router must remember of it between attempts.
/// One object a request, so that nothing is looked up on the way.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The body is the server's; the view of it holds nothing else.")]
internal sealed class Exchange(Function function, int prefixLength, TimeProvider time) : HttpTransformer
{
    /// <summary>Any address: the connections lead to one pod whatever it says. The caller's own host goes along as a header.</summary>
    public const string Destination = "http://pod";

    private const string ServerTiming = "Server-Timing";

    private ReplayableBody? _body;
    private long _forwarded;

    public Function Function => function;

    /// <summary>Where a place is claimed for it; null: nowhere yet.</summary>
    public Instance? Instance { get; set; }

    /// <summary>Instances that it has failed to reach.</summary>
    public List<Instance>? Avoid { get; set; }

    /// <summary>When it came, for the access log; 0 where there is none.</summary>
    public long Came { get; init; }

    /// <summary>When it was held first: a timestamp; null: never.</summary>
    public long? HeldSince { get; set; }

    /// <summary>How long it was held in all.</summary>
    public TimeSpan Held { get; set; }

    /// <summary>How it came to its instance; one of <see cref="StartOutcome"/>.</summary>
    public string Outcome { get; set; } = StartOutcome.Warm;

    /// <summary>Where the time of a request that was held went; null until its answer begins.</summary>
    public StartTiming? Timing { get; private set; }

    /// <summary>The pod does not serve this request (any more, or never did), and has not looked at it.</summary>
    public Reason NotServed { get; private set; }

    /// <summary>Which protocol it came by, and so goes on by.</summary>
    public ForwarderRequestConfig ConfigFor(HttpContext context)
        => HttpProtocol.IsHttp2(context.Request.Protocol) ? function.Routing.Http2 : function.Routing.Http1;

    /// <summary>Readies the request for an attempt.</summary>
    /// <returns>False: what was read of its body is lost, so there is no other attempt.</returns>
    public bool TryBegin(HttpContext context)
    {
        NotServed = Reason.Unspecified;
        if (HeldSince is not null)
        {
            _forwarded = time.GetTimestamp();
        }

        if (_body is not null)
        {
            return _body.TryRewind();
        }

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
        {
            context.Request.Body = _body = new(context.Request.Body, context.Request.ContentLength);
        }

        return true;
    }

    /// <summary>Nothing is attempted any more.</summary>
    public void End() => _body?.ForgetRead();

    /// <inheritdoc/>
    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        // The base class has nothing to wait for.
        var copied = base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        CallerHeaders.RemoveOurs(proxyRequest.Headers);
        proxyRequest.Headers.TryAddWithoutValidation(WireHeaders.Instance, Instance!.Id);
        var prefix = CallerHeaders.AddForwarded(httpContext, proxyRequest.Headers, function, prefixLength);
        TraceContext.Pass(proxyRequest.Headers);
        proxyRequest.RequestUri = RequestTarget.Of(httpContext, prefix);

        if (_body is { IsLong: true } && proxyRequest.Version.Major == 1)
        {
            // The pod says first whether it takes the request: what it does not take stays unread, however long it is.
            proxyRequest.Headers.ExpectContinue = true;
        }

        return copied;
    }

    /// <inheritdoc/>
    public override ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return new(false);
        }

        if (CallerHeaders.TakeReason(proxyResponse.Headers) is { } reason)
        {
            NotServed = (proxyResponse.StatusCode, reason) switch
            {
                (System.Net.HttpStatusCode.MisdirectedRequest, "NOT_THIS_INSTANCE") => Reason.NotThisInstance,
                (System.Net.HttpStatusCode.ServiceUnavailable, "SHUTTING_DOWN") => Reason.ShuttingDown,
                _ => Reason.Unspecified,
            };
            if (NotServed != Reason.Unspecified)
            {
                return new(false);
            }
        }

        _body?.ForgetRead();
        function.Reached(Instance!);
        var copied = base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        AddOurs(httpContext.Response.Headers);
        return proxyResponse.Content.Headers.NonValidated.Contains(HeaderNames.ContentLength)
            ? copied
            : EarlyHead.SendAsync(httpContext, proxyResponse, cancellationToken);
    }

    private void AddOurs(IHeaderDictionary headers)
    {
        if (HeldSince is null)
        {
            headers[WireHeaders.Start] = StartOutcome.Warm;
            return;
        }

        var timing = StartTiming.Of(this, firstCall: time.GetElapsedTime(_forwarded));
        Outcome = timing.Outcome;
        Timing = timing;
        headers[WireHeaders.Start] = timing.Outcome;
        headers[ServerTiming] = StringValues.Concat(headers[ServerTiming], timing.ToHeader());
    }
}
