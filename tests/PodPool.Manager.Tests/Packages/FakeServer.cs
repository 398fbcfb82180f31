using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Packages;

/// <summary>A server that does as a test says, on a free port; it knows what it was asked.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private FakeServer(WebApplication application) => _application = application;

    public Uri Address { get; private set; } = null!;

    public string Host => Address.Authority;

    /// <summary>Method, path and query, and the authorization, in order.</summary>
    public ConcurrentQueue<(string Method, string Target, string Authorization)> Requests { get; } = [];

    public static async Task<FakeServer> StartAsync(Func<HttpContext, Task> answer, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var server = new FakeServer(builder.Build());
        server._application.Run(context =>
        {
            var request = context.Request;
            server.Requests.Enqueue((request.Method, request.Path + request.QueryString, request.Headers.Authorization.ToString()));
            return answer(context);
        });
        await server._application.StartAsync(ManagerUnderTest.Test);
        server.Address = new Uri(server._application.Urls.Single());
        return server;
    }

    /// <summary>A status and a text.</summary>
    public static Task AnswerAsync(HttpContext context, int status, string body = "")
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body, context.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource();
        await patience.CancelAsync();

        // What still runs is cut off.
        await _application.StopAsync(patience.Token);
        await _application.DisposeAsync();
    }
}

/// <summary>A package that a <see cref="FakeServer"/> has.</summary>
internal sealed class FakePackage
{
    private readonly Dictionary<string, byte[]> _contents = [];

    public FakePackage(params (string Path, byte[] Bytes)[] files)
    {
        var manifest = Manager.Packages.Registries.PackageManifest.Write(files.Select(file => SourceUnderTest.FileOf(file.Path, file.Bytes)), "{}"u8);
        Digest = Manager.Packages.Registries.ImageReference.DigestOf(manifest);
        _contents[$"/v2/x/manifests/{Digest}"] = manifest;
        foreach (var (_, bytes) in files)
        {
            _contents[$"/v2/x/blobs/{Manager.Packages.Registries.ImageReference.DigestOf(bytes)}"] = bytes;
        }
    }

    public string Digest { get; }

    public Manager.Packages.Registries.ImageReference At(string host) => Manager.Packages.Registries.ImageReference.Parse($"{host}/x@{Digest}");

    public async Task AnswerAsync(HttpContext context)
    {
        if (!_contents.TryGetValue(context.Request.Path, out var bytes))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = context.Request.Path.Value!.Contains("/manifests/", StringComparison.Ordinal)
            ? Manager.Packages.Registries.PackageManifest.MediaType
            : "application/octet-stream";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
