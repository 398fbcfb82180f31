using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace PodPool.Runtime.Serving;

/// <summary>One server span a request, child of the caller's; hosted applications make their own.</summary>
internal static class RequestTracing
{
    /// <summary>What a function's own OpenTelemetry set-up adds as a source.</summary>
    public const string SourceName = "PodPool.Runtime";

    private const string Operation = "PodPool.Runtime.Request";
    private static readonly ActivitySource Source = new(SourceName);

    public static Activity Start(IHttpRequestFeature request)
    {
        DistributedContextPropagator.Current.ExtractTraceIdAndState(request.Headers, ReadHeader, out var parent, out var state);
        Activity? activity = null;
        if (Source.HasListeners())
        {
            ActivityContext.TryParse(parent, state, isRemote: true, out var context);
            activity = Source.CreateActivity(Operation, ActivityKind.Server, context);
        }

        // Without a listener there still is a trace: logs name it, and outgoing calls carry it on.
        if (activity is null)
        {
            activity = new Activity(Operation);
            if (!string.IsNullOrEmpty(parent))
            {
                activity.SetParentId(parent);
                activity.TraceStateString = state;
            }
        }

        if (activity.IsAllDataRequested)
        {
            activity.SetTag("http.request.method", request.Method);
            activity.SetTag("url.path", request.Path);
        }

        return activity.Start();
    }

    public static void Stop(Activity activity, IHttpResponseFeature response, Exception? fault)
    {
        if (activity.IsAllDataRequested)
        {
            activity.SetTag("http.response.status_code", response.StatusCode);
            if (fault is not null)
            {
                activity.AddException(fault);
                activity.SetStatus(ActivityStatusCode.Error, fault.Message);
            }
        }

        activity.Stop();
    }

    private static void ReadHeader(object? carrier, string name, out string? value, out IEnumerable<string>? values)
    {
        values = null;
        value = ((IHeaderDictionary)carrier!)[name];
    }
}
