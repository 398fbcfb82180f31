using PodPool.Cli.Deploy;
using PodPool.Cli.Output;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Local;

/// <summary>
/// Warm means rehearsed, for the router and the manager too: a whole first request, from a caller's socket to a pod and back, before the
/// platform says it is ready. What this does not run, the first caller pays for: some 100 ms of compiling.
/// </summary>
internal sealed class LocalRehearsal(Operator.OperatorClient server, Uri router)
{
    private const string EntryPoint = "PodPool.Rehearsal::PodPool.Rehearsal.HttpRehearsal";

    /// <summary>In a namespace that says whose it is, for the moment in which `podpool list` would show it.</summary>
    private static FunctionSpec Function => new()
    {
        Function = new FunctionName { Namespace = "podpool", Name = "rehearsal" },
        EntryPoint = EntryPoint,
    };

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var files = PublishedFolder.Read(Path.Combine(PodRuntime.Folder, "rehearsal"));
        var package = await Package.CreateAsync(files, EntryPoint, cancellationToken).ConfigureAwait(false);
        var function = Function;
        var deployed = await Deployment.RunAsync(server, function, package, QuietOutput.Instance, cancellationToken).ConfigureAwait(false);
        try
        {
            using var handler = new SocketsHttpHandler { UseProxy = false };
            using var client = new HttpClient(handler);
            var url = new Uri(router, new Uri(deployed.Answer.Urls[0]).PathAndQuery);

            // Each of them cold: what a first request does in both protocols, without and with a body.
            foreach (var (version, body) in ((Version, bool)[])[(System.Net.HttpVersion.Version11, false), (System.Net.HttpVersion.Version20, true)])
            {
                using var request = new HttpRequestMessage(body ? HttpMethod.Post : HttpMethod.Get, url)
                {
                    Version = version,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    Content = body ? new StringContent("{}", System.Text.Encoding.UTF8, "application/json") : null,
                };
                using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
                await server.EvictFunctionAsync(function.Function, cancellationToken: cancellationToken);
            }
        }
        finally
        {
            await server.DeleteFunctionAsync(function.Function, cancellationToken: CancellationToken.None);
        }
    }
}
