using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy;
using PodPool.Cli.Local;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Cli.Bench;

/// <summary>
/// A first request without a pool: a process is started, takes the function and answers. The same program, package and entry point as in
/// a pool; what is left out is that it was started, and rehearsed, before the request came. There is no scheduler, no image and no
/// network in it: on a cluster a start without a pool takes longer still.
/// </summary>
internal sealed class NoPoolPod : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TimeProvider _time;
    private readonly TemporaryFolder _folder = new("podpool-bench");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public NoPoolPod(TimeProvider time) => _time = time;

    /// <summary>From the start of a process to the last byte of its first answer.</summary>
    public async Task<Measurement> MeasureAsync(Package package, BenchScenario scenario, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var id = "bench-" + Guid.NewGuid().ToString("n")[..12];
        var files = Directory.CreateDirectory(Path.Combine(_folder.Path, id)).FullName;
        var (loader, function) = (Path.Combine(_folder.Path, id + ".l"), Path.Combine(_folder.Path, id + ".f"));
        var (header, sources) = Prepare(package, id);

        var started = _time.GetTimestamp();
        using var process = Start(id, loader, function, files);
        try
        {
            using var channel = Dial(loader);
            await UntilListensAsync(loader, process, patience.Token).ConfigureAwait(false);
            await UntilTakesClaimsAsync(channel, patience.Token).ConfigureAwait(false);
            var taken = _time.GetElapsedTime(started);
            var specialized = await SpecializeAsync(channel, header, sources, patience.Token).ConfigureAwait(false);
            var called = _time.GetTimestamp();
            await CallAsync(function, id, scenario, patience.Token).ConfigureAwait(false);
            return new(_time.GetElapsedTime(started), "", new Dictionary<string, double>
            {
                ["process"] = taken.TotalMilliseconds,
                [PhaseNames.Transfer] = specialized.Phases.Transfer / 1000.0,
                [PhaseNames.Load] = specialized.Phases.Load / 1000.0,
                [PhaseNames.Start] = specialized.Phases.Start / 1000.0,
                [PhaseNames.FirstCall] = _time.GetElapsedTime(called).TotalMilliseconds,
            });
        }
        catch (Exception exception) when (exception is RpcException or HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new(_time.GetElapsedTime(started), "", new Dictionary<string, double>(), exception.Message);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            Directory.Delete(files, recursive: true);
        }
    }

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    private Process Start(string id, string loader, string function, string files)
    {
        var start = PodRuntime.StartInfo();
        start.WorkingDirectory = files;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;

        // It is killed when it has answered: what it leaves there goes with the folder.
        start.Environment["TMPDIR"] = _folder.Path;
        start.Environment[PodEnvironment.PodId] = id;
        start.Environment[PodEnvironment.LoaderAddress] = PodAddress.OfSocket(loader);
        start.Environment[PodEnvironment.FunctionAddress] = PodAddress.OfSocket(function);
        start.Environment[PodEnvironment.ClaimKey] = Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo());
        start.Environment[PodEnvironment.FilesFolder] = files;
        start.Environment[PodEnvironment.Rehearse] = "false";
        var process = Process.Start(start) ?? throw CliException.Failed($"'{start.FileName}' could not be started");

        // Nobody reads what it writes, but a full pipe would hold it up.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private (SpecializeHeader Header, IReadOnlyList<string> Sources) Prepare(Package package, string id)
    {
        var manifest = new Manifest
        {
            Namespace = "default",
            Function = "bench",
            Revision = "1",
            EntryPoint = package.EntryPoint,
            Concurrency = 100,
            Files = { package.Files },
        }.ToByteString();
        var claim = new Claim
        {
            ClaimId = Guid.NewGuid().ToString("n"),
            PodId = id,
            Revision = "1",
            ManifestSha256 = UnsafeByteOperations.UnsafeWrap(SHA256.HashData(manifest.Span)),
            ExpiresAt = Timestamp.FromDateTimeOffset(_time.GetUtcNow() + Patience),
        }.ToByteString();
        var signature = _key.SignData(claim.Span, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return (new() { Claim = claim, Manifest = manifest, Signature = UnsafeByteOperations.UnsafeWrap(signature) }, package.Sources);
    }

    private static GrpcChannel Dial(string socket)
    {
        var endPoint = new UnixDomainSocketEndPoint(socket);
        var handler = new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => PodAddress.ConnectAsync(endPoint, cancellationToken) };
        return GrpcChannel.ForAddress("http://pod", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    /// <summary>Looks as often as it costs nothing, so that looking adds nothing to what is measured.</summary>
    private async Task UntilListensAsync(string socket, Process process, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (File.Exists(socket))
            {
                try
                {
                    var stream = await PodAddress.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken).ConfigureAwait(false);
                    await stream.DisposeAsync().ConfigureAwait(false);
                    return;
                }
                catch (SocketException)
                {
                    // Bound, but not listening yet.
                }
            }

            if (process.HasExited)
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"the pod's process ended with code {process.ExitCode} before it listened"));
            }

            await Task.Delay(Poll, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task UntilTakesClaimsAsync(GrpcChannel channel, CancellationToken cancellationToken)
    {
        using var status = new Loader.LoaderClient(channel).Status(new StatusRequest(), cancellationToken: cancellationToken);
        await foreach (var now in status.ResponseStream.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (now.Phase == PodPhase.PodWarm)
            {
                return;
            }

            if (now.Phase == PodPhase.PodFailed)
            {
                throw new IOException($"the pod failed: {now.Message}");
            }
        }

        throw new IOException("the pod ended its status stream before it was warm");
    }

    private static async Task<SpecializeResponse> SpecializeAsync(
        GrpcChannel channel, SpecializeHeader header, IReadOnlyList<string> sources, CancellationToken cancellationToken)
    {
        using var call = new Loader.LoaderClient(channel).Specialize(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(new SpecializeRequest { Header = header }, cancellationToken).ConfigureAwait(false);
        for (var index = 0; index < sources.Count; index++)
        {
            var file = File.OpenRead(sources[index]);
            await using (file.ConfigureAwait(false))
            {
                var buffer = new byte[Contracts.Packages.PackageLimits.MaxChunk];
                int read;
                while ((read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    var chunk = new FileChunk { File = index, Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) };
                    await call.RequestStream.WriteAsync(new SpecializeRequest { Chunk = chunk }, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        return await call.ResponseAsync.ConfigureAwait(false);
    }

    private static async Task CallAsync(string socket, string instance, BenchScenario scenario, CancellationToken cancellationToken)
    {
        var endPoint = new UnixDomainSocketEndPoint(socket);
        using var handler = new SocketsHttpHandler { UseProxy = false, ConnectCallback = (_, stop) => PodAddress.ConnectAsync(endPoint, stop) };
        using var client = new HttpClient(handler);
        using var request = BenchClient.Request("http://pod/", scenario);
        request.Headers.Add(WireHeaders.Instance, instance);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
    }
}
