using System.Text.Json;
using CloudNative.CloudEvents.SystemTextJson;
using Microsoft.AspNetCore.Http;
using PodPool.Functions;

namespace PodPool.Runtime.EntryPoints;

/// <summary>Gives events to a function as they are.</summary>
internal sealed class CloudEventHandler(ICloudEventFunction function)
{
    private readonly JsonEventFormatter _formatter = new(JsonSerializerOptions.Web, default);

    public async Task HandleAsync(HttpContext context)
    {
        var cloudEvent = await CloudEventReader.ReadAsync(context.Request, _formatter).ConfigureAwait(false);
        await function.HandleAsync(cloudEvent, context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}

/// <summary>Gives events to a function with their data read from JSON.</summary>
internal sealed class CloudEventHandler<TData>(ICloudEventFunction<TData> function)
{
    private readonly JsonEventFormatter<TData> _formatter = new(JsonSerializerOptions.Web, default);

    public async Task HandleAsync(HttpContext context)
    {
        var cloudEvent = await CloudEventReader.ReadAsync(context.Request, _formatter).ConfigureAwait(false);
        if (cloudEvent.Data is not TData data)
        {
            throw new BadHttpRequestException($"The event has no data; a {typeof(TData).Name} as JSON is wanted");
        }

        await function.HandleAsync(cloudEvent, data, context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
