using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace RuntimeStart;

/// <summary>One pod process, started as a backend starts it.</summary>
internal sealed class MeasuredPod : IAsyncDisposable
{
    private readonly LoaderEnds _ends;
    private readonly string _folder;
    private readonly Process _process;
    private readonly GrpcChannel _channel;
    private readonly HttpMessageInvoker _functions;
    private readonly AsyncServerStreamingCall<PodStatus> _status;

    private MeasuredPod(string folder, Process process, string id, LoaderEnds ends)
    {
        _folder = folder;
        _process = process;
        Id = id;
        _ends = ends;
        _channel = GrpcChannel.ForAddress(ends.Client is null ? "http://pod" : $"https://{ends.Client.TargetHost}", new() { HttpHandler = Handler(ends.Address, ends.Client) });
        _functions = new(Handler(PodAddress.OfSocket($"{folder}/functions.sock")));
        Client = new(_channel);
        _status = Client.Status(new(), new CallOptions().WithWaitForReady());
    }

    public string Id { get; }

    public Loader.LoaderClient Client { get; }

    public TimeSpan ToWarm { get; private set; }

    public TimeSpan CpuToWarm { get; private set; }

    public static async Task<MeasuredPod> StartAsync(Variant variant, ECDsa key)
    {
        var id = Guid.NewGuid().ToString("N");
        var folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), "pod-" + id);
        Directory.CreateDirectory(Path.Combine(folder, "files"));
        var start = new ProcessStartInfo(Path.Combine(variant.Runtime, "PodPool.Runtime")) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["TMPDIR"] = Directory.CreateDirectory(Path.Combine(folder, "tmp")).FullName;
        start.Environment[PodEnvironment.PodId] = id;
        var ends = LoaderEnds.Make(variant.Channel, folder);
        start.Environment[PodEnvironment.LoaderAddress] = ends.Address;
        foreach (var (name, value) in ends.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment[PodEnvironment.FunctionAddress] = PodAddress.OfSocket($"{folder}/functions.sock");
        start.Environment[PodEnvironment.FilesFolder] = Path.Combine(folder, "files");
        start.Environment[PodEnvironment.ClaimKey] = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
        foreach (var pair in variant.Environment)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            start.Environment[pair[..equals]] = pair[(equals + 1)..];
        }

        var begun = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        while (!await ListensAsync(ends.Address))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"the pod ended with exit code {process.ExitCode} before it listened");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        var pod = new MeasuredPod(folder, process, id, ends);
        await pod.UntilAsync(PodPhase.PodWarm);
        pod.ToWarm = Stopwatch.GetElapsedTime(begun);
        pod.CpuToWarm = process.TotalProcessorTime;
        return pod;
    }

    public async Task<SpecializeResponse> SpecializeAsync(IEnumerable<SpecializeRequest> parts)
    {
        using var call = Client.Specialize();
        foreach (var part in parts)
        {
            await call.RequestStream.WriteAsync(part);
        }

        await call.RequestStream.CompleteAsync();
        return await call;
    }

    public async Task<string> CallAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://pod" + path);
        request.Headers.Add(WireHeaders.Instance, Id);
        using var response = await _functions.SendAsync(request, CancellationToken.None);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? text : throw new InvalidOperationException($"{(int)response.StatusCode}: {text}");
    }

    /// <summary>Opens the connection that a router keeps open.</summary>
    public async Task TouchAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://pod/");
        using var response = await _functions.SendAsync(request, CancellationToken.None);
        await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>Bytes of memory that no other process shares.</summary>
    public long PrivateBytes() => File.ReadLines($"/proc/{_process.Id}/smaps_rollup")
        .Where(line => line.StartsWith("Private_Clean:", StringComparison.Ordinal) || line.StartsWith("Private_Dirty:", StringComparison.Ordinal))
        .Sum(line => 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        _status.Dispose();
        _channel.Dispose();
        _functions.Dispose();
        _ends.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task UntilAsync(PodPhase phase)
    {
        while (await _status.ResponseStream.MoveNext(CancellationToken.None))
        {
            if (_status.ResponseStream.Current.Phase == phase)
            {
                return;
            }
        }
    }

    /// <summary>The socket's file is there before anybody listens.</summary>
    private static async Task<bool> ListensAsync(string address)
    {
        try
        {
            await using var stream = await PodAddress.ConnectAsync(PodAddress.Parse(address, out _), CancellationToken.None);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static SocketsHttpHandler Handler(string address, SslClientAuthenticationOptions? tls = null)
    {
        var endPoint = PodAddress.Parse(address, out _);
        return new() { UseProxy = false, SslOptions = tls ?? new(), ConnectCallback = (_, token) => PodAddress.ConnectAsync(endPoint, token) };
    }
}
