using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Functions;

namespace PodPool.Samples.Tests;

/// <summary>Calls a function as a pod would, without the pod: a context goes in, an answer comes out.</summary>
internal static class Call
{
    public static Task<Answer> GetAsync(IHttpFunction function, string query = "") => SendAsync(function, ContextOf(HttpMethods.Get, query));

    public static Task<Answer> PostAsync(IHttpFunction function, string json)
    {
        var context = ContextOf(HttpMethods.Post);
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return SendAsync(function, context);
    }

    public static DefaultHttpContext ContextOf(string method, string query = "")
    {
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider() };
        context.Request.Method = method;
        context.Request.QueryString = new QueryString(query);
        context.RequestAborted = TestContext.Current.CancellationToken;
        return context;
    }

    private static async Task<Answer> SendAsync(IHttpFunction function, HttpContext context)
    {
        using var body = new MemoryStream();
        context.Response.Body = body;
        await function.HandleAsync(context);
        return new Answer(context.Response.StatusCode, context.Response.ContentType, Encoding.UTF8.GetString(body.ToArray()));
    }
}

internal sealed record Answer(int Status, string? ContentType, string Text)
{
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>The detail of a refusal; fails if it is none.</summary>
    public string Problem
    {
        get
        {
            Assert.Equal(StatusCodes.Status400BadRequest, Status);
            Assert.StartsWith("application/problem+json", ContentType, StringComparison.Ordinal);
            return Json.GetProperty("detail").GetString()!;
        }
    }
}
