using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PodPool.Functions;

namespace Slow;

/// <summary>Waits as long as it is asked to, and stops when the caller leaves or the function's timeout is over.</summary>
/// <example>
/// <code>
/// podpool deploy src/samples/Slow --name slow
/// curl 'http://127.0.0.1:8080/default/slow?seconds=2.5'
/// </code>
/// </example>
public sealed class SlowFunction(TimeProvider time) : IHttpFunction
{
    private const double MaxSeconds = 3600;

    public async Task HandleAsync(HttpContext context)
    {
        var text = context.Request.Query["seconds"].ToString();
        var seconds = 1.0;
        if (text.Length > 0
            && !(double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds) && seconds is >= 0 and <= MaxSeconds))
        {
            await TypedResults.Problem($"seconds must be a number from 0 to {MaxSeconds}, not '{text}'.", statusCode: StatusCodes.Status400BadRequest)
                .ExecuteAsync(context);
            return;
        }

        var begun = time.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(seconds), time, context.RequestAborted);
        await context.Response.WriteAsJsonAsync(
            new Answer(time.GetElapsedTime(begun).TotalSeconds), SlowJson.Default.Answer, cancellationToken: context.RequestAborted);
    }
}

/// <summary>The clock is a service, so that a test need not wait for real seconds.</summary>
public sealed class Startup : IFunctionStartup
{
    public void Configure(IServiceCollection services, IConfiguration configuration) => services.TryAddSingleton(TimeProvider.System);
}

/// <param name="Waited">Seconds.</param>
internal sealed record Answer(double Waited);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Answer))]
internal sealed partial class SlowJson : JsonSerializerContext;
