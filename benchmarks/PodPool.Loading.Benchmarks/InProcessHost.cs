using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Functions;

namespace PodPool.Loading.Benchmarks;

/// <summary>Loads a function and calls it without a server between: what is measured is loading and the function's own first call.</summary>
internal sealed class InProcessHost(LoadSource source, ContextKind kind)
{
    private readonly ServiceProvider _services = new ServiceCollection().AddLogging().BuildServiceProvider();

    /// <summary>Runs what pods rehearse with through the very same code: a request with a query, and one with a JSON body.</summary>
    public void Rehearse(string entryAssembly)
    {
        var function = Load(entryAssembly, MeasuredFunction.Rehearsal.Type);
        Answer(function, HttpMethods.Get, "/", query: "?name=rehearsal");
        Answer(function, HttpMethods.Post, "/echo", body: """{"text":"hello"}""");
    }

    /// <summary>The length of the first answer, in bytes.</summary>
    public int LoadAndAnswer(string entryAssembly, string type) => Answer(Load(entryAssembly, type), HttpMethods.Get, "/");

    private IHttpFunction Load(string entryAssembly, string type)
        => (IHttpFunction)ActivatorUtilities.CreateInstance(
            _services, new FunctionLoadContext(entryAssembly, source, kind).LoadEntryAssembly().GetType(type, throwOnError: true)!);

    private int Answer(IHttpFunction function, string method, string path, string query = "", string body = "")
    {
        using var answer = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = _services };
        context.Request.Method = method;
        context.Request.Path = path;
        context.Request.QueryString = new QueryString(query);
        context.Response.Body = answer;
        if (body.Length > 0)
        {
            context.Request.ContentType = "application/json";
            context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        }

        // Streams in memory: the call is complete when it returns, or waits for nothing but this process's own work.
        function.HandleAsync(context).GetAwaiter().GetResult();
        return context.Response.StatusCode == StatusCodes.Status200OK && answer.Length > 0
            ? (int)answer.Length
            : throw new InvalidOperationException($"The function answered {context.Response.StatusCode} with {answer.Length} bytes.");
    }
}
