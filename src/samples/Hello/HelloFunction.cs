using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using PodPool.Functions;

namespace Hello;

/// <summary>The smallest useful function: says hello to who is named in the query or in a JSON body.</summary>
/// <example>
/// <code>
/// podpool deploy src/samples/Hello --name hello
/// curl 'http://127.0.0.1:8080/default/hello?name=Ada'
/// curl http://127.0.0.1:8080/default/hello --json '{"name":"Ada"}'
/// </code>
/// </example>
public sealed class HelloFunction : IHttpFunction
{
    public async Task HandleAsync(HttpContext context)
    {
        string? name = context.Request.Query["name"];
        if (name is null && context.Request.HasJsonContentType())
        {
            try
            {
                name = (await context.Request.ReadFromJsonAsync(HelloJson.Default.Person, context.RequestAborted))?.Name;
            }
            catch (JsonException exception)
            {
                await TypedResults.Problem($"""The body is not like {"{"}"name":"Ada"{"}"}: {exception.Message}""", statusCode: StatusCodes.Status400BadRequest)
                    .ExecuteAsync(context);
                return;
            }
        }

        await context.Response.WriteAsJsonAsync(
            new Greeting($"hello {(string.IsNullOrWhiteSpace(name) ? "world" : name)}"),
            HelloJson.Default.Greeting,
            cancellationToken: context.RequestAborted);
    }
}

internal sealed record Person(string? Name);

internal sealed record Greeting(string Message);

/// <summary>Made by the compiler, so that a first request need not look at the types by reflection.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Person))]
[JsonSerializable(typeof(Greeting))]
internal sealed partial class HelloJson : JsonSerializerContext;
