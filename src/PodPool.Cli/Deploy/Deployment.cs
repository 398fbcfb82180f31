using PodPool.Cli.Output;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Deploy;

/// <summary>What a deploy came to.</summary>
internal sealed record DeployResult(DeployResponse Answer, UploadReport Upload);

/// <summary>Uploads a package and makes it a function's revision.</summary>
internal static class Deployment
{
    public static async Task<DeployResult> RunAsync(
        Operator.OperatorClient server, FunctionSpec spec, Package package, IOutput output, CancellationToken cancellationToken)
    {
        var upload = await Upload.RunAsync(server, package, output, cancellationToken).ConfigureAwait(false);
        var request = new DeployRequest { Spec = spec.Clone() };
        request.Spec.EntryPoint = package.EntryPoint;
        request.Spec.Files.Add(package.Files);
        var answer = await output.BusyAsync(
            "Deploying", () => server.DeployAsync(request, cancellationToken: cancellationToken).ResponseAsync).ConfigureAwait(false);
        return new(answer, upload);
    }
}
