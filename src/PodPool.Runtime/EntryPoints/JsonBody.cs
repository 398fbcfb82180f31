using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace PodPool.Runtime.EntryPoints;

/// <summary>Reads a request's body as JSON, whatever it says its type is: <c>curl -d</c> says it is a form.</summary>
internal sealed class JsonBody<T>(ParameterInfo parameter)
{
    private readonly JsonTypeInfo<T> _type = (JsonTypeInfo<T>)JsonSerializerOptions.Web.GetTypeInfo(typeof(T));

    // Asked for by the first request without a body, and never by most functions.
    private readonly Lazy<bool> _mayBeMissing = new(() => MayBeMissing(parameter));

    /// <exception cref="BadHttpRequestException">The body is no such JSON, or missing; the message says where and what.</exception>
    public async ValueTask<T> ReadAsync(HttpContext context)
    {
        try
        {
            if (await HasBytesAsync(context).ConfigureAwait(false))
            {
                var value = await JsonSerializer.DeserializeAsync(context.Request.BodyReader, _type, context.RequestAborted).ConfigureAwait(false);
                return value is not null || _mayBeMissing.Value
                    ? value!
                    : throw new BadHttpRequestException($"The body is null; {Wanted()}");
            }
        }
        catch (JsonException exception)
        {
            throw new BadHttpRequestException($"The body is not the JSON that {parameter.Member.DeclaringType}.{parameter.Member.Name} takes: {exception.Message}", exception);
        }

        return _mayBeMissing.Value ? default! : throw new BadHttpRequestException($"The request has no body; {Wanted()}");
    }

    private string Wanted() => $"{parameter.Member.DeclaringType}.{parameter.Member.Name} takes a {typeof(T).Name} as JSON";

    private static async ValueTask<bool> HasBytesAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return false;
        }

        var reader = context.Request.BodyReader;
        var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
        var hasBytes = !read.Buffer.IsEmpty;
        reader.AdvanceTo(read.Buffer.Start);
        return hasBytes;
    }

    private static bool MayBeMissing(ParameterInfo parameter)
        => typeof(T).IsValueType || parameter.HasDefaultValue
            || new NullabilityInfoContext().Create(parameter).WriteState != NullabilityState.NotNull;
}
