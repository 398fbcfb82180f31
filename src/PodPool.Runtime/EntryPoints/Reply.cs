using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace PodPool.Runtime.EntryPoints;

/// <summary>Turns what a method returned into the response.</summary>
internal abstract class Reply<TResult>
{
    public abstract Task WriteAsync(HttpContext context, TResult result);

    protected static Task NoContent(HttpContext context)
    {
        if (!context.Response.HasStarted && context.Response.StatusCode == StatusCodes.Status200OK)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }

        return Task.CompletedTask;
    }
}

/// <summary>A value as JSON; null as 204.</summary>
internal sealed class JsonReply<T> : Reply<T>
{
    private readonly JsonTypeInfo<T> _type = (JsonTypeInfo<T>)JsonSerializerOptions.Web.GetTypeInfo(typeof(T));

    public override Task WriteAsync(HttpContext context, T result)
    {
        if (result is null)
        {
            return NoContent(context);
        }

        context.Response.ContentType ??= "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.BodyWriter, result, _type, context.RequestAborted);
    }
}

internal sealed class TaskJsonReply<T> : Reply<Task<T>>
{
    private readonly JsonReply<T> _value = new();

    public override async Task WriteAsync(HttpContext context, Task<T> result)
        => await _value.WriteAsync(context, await result.ConfigureAwait(false)).ConfigureAwait(false);
}

internal sealed class ValueTaskJsonReply<T> : Reply<ValueTask<T>>
{
    private readonly JsonReply<T> _value = new();

    public override async Task WriteAsync(HttpContext context, ValueTask<T> result)
        => await _value.WriteAsync(context, await result.ConfigureAwait(false)).ConfigureAwait(false);
}

internal sealed class NoReply : Reply<Nothing>
{
    public override Task WriteAsync(HttpContext context, Nothing result) => NoContent(context);
}

internal sealed class TaskReply : Reply<Task>
{
    public override async Task WriteAsync(HttpContext context, Task result)
    {
        await result.ConfigureAwait(false);
        await NoContent(context).ConfigureAwait(false);
    }
}

internal sealed class ValueTaskReply : Reply<ValueTask>
{
    public override async Task WriteAsync(HttpContext context, ValueTask result)
    {
        await result.ConfigureAwait(false);
        await NoContent(context).ConfigureAwait(false);
    }
}
