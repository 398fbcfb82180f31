using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using PodPool.Functions;

namespace PodPool.EndToEnd.Echo;

/// <summary>Says who answers: so that a request which reached another's function is seen. Waits or ends its process when it is asked to.</summary>
public sealed class EchoFunction : IHttpFunction
{
    public async Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Request.Query["milliseconds"].ToString() is { Length: > 0 } milliseconds)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture)), TimeProvider.System, context.RequestAborted);
        }

        if (context.Request.Query.ContainsKey("end"))
        {
            // At once and without a word. No signal: the first process of a container is deaf to those that it sends itself.
            NativeMethods.Exit(1);
        }

        var answer = new Answer(
            Environment.GetEnvironmentVariable("FUNCTION"),
            Environment.GetEnvironmentVariable("VERSION"),
            Environment.GetEnvironmentVariable("TOKEN"),
            Environment.MachineName,
            context.Request.Path.Value,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString()));
        await context.Response.WriteAsJsonAsync(answer, EchoJson.Default.Answer, cancellationToken: context.RequestAborted);
    }
}

internal static class NativeMethods
{
    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern void Exit(int code);
}

/// <param name="Function">What the function was deployed as, by its variable FUNCTION.</param>
/// <param name="Version">By its variable VERSION.</param>
/// <param name="Token">By its variable TOKEN.</param>
/// <param name="Instance">The pod's name.</param>
/// <param name="Path">The path as the function sees it.</param>
/// <param name="Headers">What came with the request.</param>
internal sealed record Answer(string? Function, string? Version, string? Token, string Instance, string? Path, Dictionary<string, string> Headers);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Answer))]
internal sealed partial class EchoJson : JsonSerializerContext;
