using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using Yarp.ReverseProxy.Forwarder;

namespace PodPool.Cli.Local;

/// <summary>
/// Lets operators in by the router's own address, the one a user of a local platform knows: calls of the operator service go on to
/// the manager's socket. No function has such a path, as a dot is in no namespace's name. Only for an address of the loopback, only for this user's
/// own processes where the system can tell, and never for a page in a browser, which always says where it comes from.
/// </summary>
internal sealed class OperatorDoor(string manager, IHttpForwarder forwarder) : IStartupFilter, IDisposable
{
    private static readonly PathString Path = "/" + Operator.Descriptor.FullName;

    /// <summary>A log that is followed may be silent for as long as it likes.</summary>
    private static readonly ForwarderRequestConfig Patiently = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly HttpMessageInvoker _manager = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        EnableMultipleHttp2Connections = true,
        ConnectCallback = (_, cancellationToken) => PodAddress.ConnectAsync(PodAddress.Parse(manager), cancellationToken),
    });

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(router => context => context.Request.Path.StartsWithSegments(Path, StringComparison.Ordinal) ? EnterAsync(context) : router(context));
        next(app);
    };

    public void Dispose() => _manager.Dispose();

    private async Task EnterAsync(HttpContext context)
    {
        if (context.Request.Headers.Origin.Count > 0 || !LoopbackPeer.IsThisUser(context.Connection))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        await forwarder.SendAsync(context, "http://manager", _manager, Patiently, HttpTransformer.Empty, context.RequestAborted).ConfigureAwait(false);
    }
}
