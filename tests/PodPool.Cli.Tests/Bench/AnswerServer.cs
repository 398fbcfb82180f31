using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PodPool.Cli.Tests.Bench;

/// <summary>Something at an address that is no PodPool.</summary>
internal sealed class AnswerServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _requests;

    private AnswerServer(WebApplication application) => _application = application;

    public string Url => _application.Urls.Single() + "/function";

    public int Requests => _requests;

    /// <param name="answer">What an answer waits for.</param>
    public static async Task<AnswerServer> StartAsync(Func<Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new AnswerServer(builder.Build());
        server._application.MapGet("/function", async () =>
        {
            Interlocked.Increment(ref server._requests);
            await answer();
            return Results.Text("hello");
        });
        await server._application.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
