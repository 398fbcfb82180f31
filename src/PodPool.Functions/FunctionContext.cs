using Microsoft.AspNetCore.Http;

namespace PodPool.Functions;

/// <summary>What a function may know of itself and of the request.</summary>
public sealed class FunctionContext(string @namespace, string name, string revision, string instanceId, HttpContext httpContext)
{
    /// <summary>The namespace the function is deployed in.</summary>
    public string Namespace { get; } = @namespace;

    /// <summary>The function's name.</summary>
    public string Name { get; } = name;

    /// <summary>The revision this instance runs.</summary>
    public string Revision { get; } = revision;

    /// <summary>This instance.</summary>
    public string InstanceId { get; } = instanceId;

    /// <summary>The request.</summary>
    public HttpContext HttpContext { get; } = httpContext;
}
