using Google.Protobuf;
using PodPool.Cli.Output;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Deploy;

/// <summary>What an upload did.</summary>
internal sealed record UploadReport(int Files, long Bytes);

/// <summary>Brings a package's files to the manager: those it does not hold.</summary>
internal static class Upload
{
    public static async Task<UploadReport> RunAsync(
        Operator.OperatorClient server, Package package, IOutput output, CancellationToken cancellationToken)
    {
        var question = new FindMissingFilesRequest { Files = { package.Files } };
        var missing = await server.FindMissingFilesAsync(question, cancellationToken: cancellationToken);
        var wanted = missing.Sha256.ToHashSet();
        List<int> indices = [];
        for (var index = 0; index < package.Files.Count; index++)
        {
            if (wanted.Remove(package.Files[index].Sha256))
            {
                indices.Add(index);
            }
        }

        var total = indices.Sum(index => package.Files[index].Size);
        if (indices.Count > 0)
        {
            await output.ProgressAsync(
                $"Uploading {indices.Count} of {package.Files.Count} files ({Show.Bytes(total)})",
                total,
                report => SendAsync(server, package, indices, report, cancellationToken)).ConfigureAwait(false);
        }

        return new(indices.Count, total);
    }

    private static async Task SendAsync(
        Operator.OperatorClient server, Package package, List<int> indices, Action<double> report, CancellationToken cancellationToken)
    {
        using var call = server.UploadFiles(cancellationToken: cancellationToken);
        try
        {
            foreach (var index in indices)
            {
                await call.RequestStream.WriteAsync(new UploadFilesRequest { Begin = package.Files[index] }, cancellationToken).ConfigureAwait(false);
                await SendFileAsync(call.RequestStream, package.Sources[index], report, cancellationToken).ConfigureAwait(false);
            }

            await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Grpc.Core.RpcException or InvalidOperationException && !cancellationToken.IsCancellationRequested)
        {
            // The manager ended the call: its answer, awaited below, says why.
        }

        await call.ResponseAsync.ConfigureAwait(false);
    }

    private static async Task SendFileAsync(
        Grpc.Core.IClientStreamWriter<UploadFilesRequest> stream, string path, Action<double> report, CancellationToken cancellationToken)
    {
        var file = File.OpenRead(path);
        await using (file.ConfigureAwait(false))
        {
            var buffer = new byte[Math.Clamp(file.Length, 1, PackageLimits.MaxChunk)];
            int read;
            while ((read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0)
            {
                // Serialized before the call returns, so the buffer can be used again.
                var message = new UploadFilesRequest { Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) };
                await stream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
                report(read);
            }
        }
    }
}
