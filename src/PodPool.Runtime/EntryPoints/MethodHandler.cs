using Microsoft.AspNetCore.Http;

namespace PodPool.Runtime.EntryPoints;

/// <summary>Body in, call, reply out.</summary>
internal sealed class MethodHandler<TBody, TResult>(FunctionIdentity identity, JsonBody<TBody>? body, MethodCall<TResult> call, Reply<TResult> reply)
{
    public Task HandleAsync(HttpContext context)
        => body is null ? reply.WriteAsync(context, call.Invoke(new Invocation(identity, context))) : ReadAndHandleAsync(body, context);

    private async Task ReadAndHandleAsync(JsonBody<TBody> read, HttpContext context)
    {
        var invocation = new Invocation<TBody>(identity, context, await read.ReadAsync(context).ConfigureAwait(false));
        await reply.WriteAsync(context, call.Invoke(invocation)).ConfigureAwait(false);
    }
}
