using System.Text.Json;
using Methods400.Checks;
using Methods400.Filings;
using Methods400.Returns;
using Microsoft.AspNetCore.Http;
using PodPool.Functions;

namespace Methods400;

/// <summary>
/// Makes the quarterly VAT return of a shop that sells to all of the European Union. What it shows is a first request that has
/// much code to run: some 400 methods of its own, over System.Text.Json and LINQ.
/// </summary>
/// <remarks>GET files the example that is built in, with a sale to a consumer and one to a business in each member state.</remarks>
/// <example>
/// <code>
/// podpool deploy src/samples/Methods400 --name vat
/// curl http://127.0.0.1:8080/default/vat
/// curl http://127.0.0.1:8080/default/vat --json @src/samples/Methods400/Filings/example.json
/// </code>
/// </example>
public sealed class VatReturnFunction : IHttpFunction
{
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            var filing = await ReadAsync(context);
            if (FilingCheck.ProblemOf(filing) is { } problem)
            {
                await RefuseAsync(context, problem);
                return;
            }

            await context.Response.WriteAsJsonAsync(new ReturnBuilder(filing).Build(), VatJson.Default.VatReturn, cancellationToken: context.RequestAborted);
        }
        catch (JsonException exception)
        {
            await RefuseAsync(context, $"The body is no filing: {exception.Message}");
        }
    }

    private static async Task<Filing> ReadAsync(HttpContext context)
    {
        var isExample = HttpMethods.IsGet(context.Request.Method);
        await using var body = isExample ? typeof(VatReturnFunction).Assembly.GetManifestResourceStream("example.json")! : context.Request.Body;
        return await JsonSerializer.DeserializeAsync(body, VatJson.Default.Filing, context.RequestAborted)
            ?? throw new JsonException("it is null.");
    }

    private static Task RefuseAsync(HttpContext context, string problem)
        => TypedResults.Problem(problem, statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
}
