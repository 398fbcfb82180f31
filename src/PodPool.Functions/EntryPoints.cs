using CloudNative.CloudEvents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace PodPool.Functions;

/// <summary>A function that has the whole HTTP request and response in hand.</summary>
/// <remarks>One object a function instance, made by constructor injection; called from many requests at once.</remarks>
public interface IHttpFunction
{
    /// <summary>Answers one request. <see cref="HttpContext.RequestAborted"/> fires when the caller leaves or the timeout is over.</summary>
    Task HandleAsync(HttpContext context);
}

/// <summary>A function from one JSON value to another.</summary>
/// <typeparam name="TIn">Read from the request's body; a request without one gives <c>default</c>, if that is allowed.</typeparam>
/// <typeparam name="TOut">Written as the response's body; null answers 204.</typeparam>
public interface IFunction<in TIn, TOut>
{
    /// <summary>Computes the answer.</summary>
    Task<TOut> HandleAsync(TIn input, FunctionContext context, CancellationToken cancellationToken);
}

/// <summary>A function that handles CloudEvents in binary or structured mode.</summary>
public interface ICloudEventFunction
{
    /// <summary>Handles one event. Returning acknowledges it (204); throwing does not (500).</summary>
    Task HandleAsync(CloudEvent cloudEvent, CancellationToken cancellationToken);
}

/// <summary>A function that handles CloudEvents whose data is JSON.</summary>
/// <typeparam name="TData">What the event's data is read as.</typeparam>
public interface ICloudEventFunction<in TData>
{
    /// <summary>Handles one event. Returning acknowledges it (204); throwing does not (500).</summary>
    Task HandleAsync(CloudEvent cloudEvent, TData data, CancellationToken cancellationToken);
}

/// <summary>Registers what a function's constructor asks for. A public class with a parameterless constructor; one an assembly.</summary>
public interface IFunctionStartup
{
    /// <summary>Called once, before the function is made. What it throws is the function's fault: STARTUP_FAILED.</summary>
    void Configure(IServiceCollection services, IConfiguration configuration);
}
