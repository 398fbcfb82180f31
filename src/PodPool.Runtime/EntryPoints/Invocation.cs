using Microsoft.AspNetCore.Http;
using PodPool.Functions;

namespace PodPool.Runtime.EntryPoints;

/// <summary>Whose code runs here.</summary>
internal sealed record FunctionIdentity(string Namespace, string Function, string Revision, string InstanceId);

/// <summary>One call of a method: where its arguments come from.</summary>
internal class Invocation(FunctionIdentity identity, HttpContext httpContext)
{
    public HttpContext HttpContext => httpContext;

    public FunctionContext Context { get; } = new(identity.Namespace, identity.Function, identity.Revision, identity.InstanceId, httpContext);
}

/// <summary>One call of a method that takes a JSON body.</summary>
internal sealed class Invocation<TBody>(FunctionIdentity identity, HttpContext httpContext, TBody body) : Invocation(identity, httpContext)
{
    public TBody Body => body;
}
