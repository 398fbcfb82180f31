using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace PodPool.Runtime.Serving;

/// <summary>One request and its response; Kestrel keeps it for the next request of the same connection.</summary>
internal sealed class Exchange
{
    /// <summary>The neighbours in <see cref="RequestGate"/>.</summary>
    public Exchange? Next { get; set; }

    public Exchange? Previous { get; set; }

    /// <summary>Kestrel's own features of the request.</summary>
    public IFeatureCollection Features { get; set; } = null!;

    /// <summary>Whose request it is; null while it is nobody's.</summary>
    public BoundFunction? Bound { get; set; }

    public RequestClock? Clock { get; set; }

    /// <summary>The context of a hosted application.</summary>
    public object? Inner { get; set; }

    /// <summary>The context of any other kind of function.</summary>
    public DefaultHttpContext? HttpContext { get; set; }

    public Activity? Activity { get; set; }

    /// <summary>What the function threw.</summary>
    public Exception? Fault { get; set; }

    public void Abort() => Clock?.Abort();
}
