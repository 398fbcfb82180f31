using Microsoft.AspNetCore.Http;
using PodPool.Functions;

namespace PodPool.Runtime.EntryPoints;

/// <summary>Where one argument of a method comes from.</summary>
internal abstract class Parameter<T>
{
    public abstract T Get(Invocation invocation);
}

internal sealed class BodyParameter<T> : Parameter<T>
{
    public override T Get(Invocation invocation) => ((Invocation<T>)invocation).Body;
}

internal sealed class ContextParameter : Parameter<FunctionContext>
{
    public override FunctionContext Get(Invocation invocation) => invocation.Context;
}

internal sealed class HttpContextParameter : Parameter<HttpContext>
{
    public override HttpContext Get(Invocation invocation) => invocation.HttpContext;
}

internal sealed class CancellationParameter : Parameter<CancellationToken>
{
    public override CancellationToken Get(Invocation invocation) => invocation.HttpContext.RequestAborted;
}
