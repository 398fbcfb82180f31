using System.Net;
using System.Text;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy;
using PodPool.Cli.Output;
using PodPool.Contracts;
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
        Function = new FunctionName { Namespace = RehearsalFunction.Namespace, Name = RehearsalFunction.Name },
        EntryPoint = EntryPoint,
    };

    /// <exception cref="CliException">A first request does not work here.</exception>
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

            // The first of them starts an instance, the second finds it: with a body, in the other protocol.
            foreach (var (version, body) in ((Version, string?)[])[(HttpVersion.Version11, null), (HttpVersion.Version20, "{}")])
            {
                using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, url)
                {
                    Version = version,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
                };
                using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
                response.EnsureSuccessStatusCode();
            }
        }
        catch (HttpRequestException exception)
        {
            throw CliException.Failed($"a first request does not work here: {exception.Message}", "see `--verbose`, and the pods' logs in the state folder", exception);
        }
        finally
        {
            await server.DeleteFunctionAsync(function.Function, cancellationToken: CancellationToken.None);
        }
    }
}
