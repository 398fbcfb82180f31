using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Runtime.Tests.Pods;

/// <summary>The real pod: the published process, called over its sockets by the real clients.</summary>
internal sealed class PodProcess : IAsyncDisposable
{
    /// <summary>How long anything may take before its absence is a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _folder;
    private readonly GrpcChannel _channel;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly SemaphoreSlim _written = new(0);
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PodProcess(string id, string folder, ECDsa key, Process process, string? loaderAddress, SslClientAuthenticationOptions? client)
    {
        Id = id;
        Key = key;
        _folder = folder;
        _process = process;
        LoaderAddress = loaderAddress ?? PodAddress.OfSocket(Path.Combine(folder, "loader.sock"));
        _channel = LoaderChannel(client);
        Loader = new(_channel);
        Functions = new(Handler(PodAddress.OfSocket(FunctionSocket))) { BaseAddress = new("http://pod"), DefaultRequestHeaders = { { WireHeaders.Instance, id } }, Timeout = Patience };
    }

    public string Id { get; }

    /// <summary>The manager's key.</summary>
    public ECDsa Key { get; }

    public Contracts.V1.Loader.LoaderClient Loader { get; }

    /// <summary>Calls the function with the instance's id, as the router does.</summary>
    public HttpClient Functions { get; }

    public string FilesFolder => Path.Combine(_folder, "files");

    public string PackageFolder => Path.Combine(FilesFolder, "package");

    public string FunctionSocket => Path.Combine(_folder, "functions.sock");

    public int ProcessId => _process.Id;

    public Task Exited => _process.WaitForExitAsync();

    public int ExitCode => _process.ExitCode;

    public string LoaderAddress { get; }

    /// <summary>A warm pod.</summary>
    public static async Task<PodProcess> StartAsync(bool rehearse = false, params (string Name, string Value)[] environment)
    {
        var pod = Start(rehearse, environment);
        try
        {
            await pod.UntilAsync(PodPhase.PodWarm);
            return pod;
        }
        catch
        {
            await pod.DisposeAsync();
            throw;
        }
    }

    /// <summary>A pod that listens, maybe before it is warm.</summary>
    public static PodProcess Start(bool rehearse, params (string Name, string Value)[] environment) => Start(rehearse, loaderAddress: null, client: null, environment);

    /// <summary>A pod on a port, with its certificate in a folder and one client that calls it.</summary>
    public static PodProcess StartSecurely(CertificateFolder certificates, SslClientAuthenticationOptions client, bool rehearse = false, params (string Name, string Value)[] environment)
    {
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return Start(rehearse, $"https://{free.LocalEndPoint}", client, [(PodEnvironment.LoaderCertificate, certificates.Path), .. environment]);
    }

    /// <summary>A connection of one's own to the loader.</summary>
    public GrpcChannel LoaderChannel(SslClientAuthenticationOptions? client)
        => GrpcChannel.ForAddress(client is null ? "http://pod" : $"https://{client.TargetHost}", new() { HttpHandler = Handler(LoaderAddress, client), DisposeHttpClient = true });

    private static PodProcess Start(bool rehearse, string? loaderAddress, SslClientAuthenticationOptions? client, (string Name, string Value)[] environment)
    {
        var id = Guid.NewGuid().ToString("N");
        var folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), "pod-" + id[..8])).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "files"));

        // Pods are killed here, and a process that is killed leaves what it made in its temporary folder.
        var temporary = Directory.CreateDirectory(Path.Combine(folder, "tmp")).FullName;
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "runtime", "PodPool.Runtime"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[PodEnvironment.PodId] = id;
        var process = new Process { StartInfo = start };
        var pod = new PodProcess(id, folder, key, process, loaderAddress, client);
        start.Environment[PodEnvironment.LoaderAddress] = pod.LoaderAddress;
        start.Environment[PodEnvironment.FunctionAddress] = PodAddress.OfSocket(Path.Combine(folder, "functions.sock"));
        start.Environment[PodEnvironment.FilesFolder] = Path.Combine(folder, "files");
        start.Environment[PodEnvironment.ClaimKey] = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
        start.Environment["TMPDIR"] = temporary;
        start.Environment[PodEnvironment.Rehearse] = rehearse ? "true" : "false";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        process.OutputDataReceived += (_, line) => pod.OnOutput(line.Data);
        process.ErrorDataReceived += (_, line) => pod.OnOutput(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return pod;
    }

    /// <summary>Follows the pod's status until it is in a phase.</summary>
    /// <remarks>
    /// A call that is refused amid its transfer may take the connection with it (data that cross a stream's end are an error of the whole
    /// HTTP/2 connection), and with that the status: it is asked for anew, as the manager does.
    /// </remarks>
    public async Task<PodStatus> UntilAsync(PodPhase phase)
    {
        var token = TestContext.Current.CancellationToken;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(Patience);
        while (true)
        {
            try
            {
                using var status = Loader.Status(new(), new CallOptions(cancellationToken: patience.Token).WithWaitForReady());
                while (await status.ResponseStream.MoveNext(patience.Token))
                {
                    if (status.ResponseStream.Current.Phase == phase)
                    {
                        return status.ResponseStream.Current;
                    }
                }
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Internal && !patience.IsCancellationRequested && !_process.HasExited)
            {
                continue;
            }
            catch (RpcException exception)
            {
                throw new InvalidOperationException($"the pod did not become {phase}: {exception.Status}\n{string.Join('\n', _output)}", exception);
            }

            throw new InvalidOperationException($"the pod's status ended before it was {phase}\n{string.Join('\n', _output)}");
        }
    }

    public async Task<PodStatus> StatusAsync()
    {
        using var status = Loader.Status(new(), new CallOptions(cancellationToken: TestContext.Current.CancellationToken));
        Assert.True(await status.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return status.ResponseStream.Current;
    }

    /// <summary>Sends a claim as a manager does.</summary>
    public async Task<SpecializeResponse> SpecializeAsync(IEnumerable<SpecializeRequest> parts)
    {
        using var call = Loader.Specialize(new CallOptions(cancellationToken: TestContext.Current.CancellationToken));

        // Beside the answer, not before it: a write that is under way when the pod refuses may never come back.
        var sending = SendAsync(call.RequestStream, parts);
        var answer = await call;
        await sending;
        return answer;
    }

    /// <summary>Specializes with a package of the manager's.</summary>
    public Task<SpecializeResponse> SpecializeAsync(TestPackage package, string entryPoint, Action<Manifest>? change = null)
        => SpecializeAsync(package.Claim(this, entryPoint, change).Parts());

    /// <summary>The refusal that a claim gets.</summary>
    public async Task<(Reason Reason, string Message, IDictionary<string, string> Metadata)> RefusalAsync(IEnumerable<SpecializeRequest> parts)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => SpecializeAsync(parts));
        return (exception.ReasonOf(), exception.Status.Detail, exception.InfoOf()?.Metadata ?? new Google.Protobuf.Collections.MapField<string, string>());
    }

    /// <summary>The next line of output that matches, in time.</summary>
    public async Task<string> OutputAsync(Func<string, bool> matches)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        List<string> seen = [];
        while (true)
        {
            try
            {
                await _written.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                throw new InvalidOperationException($"no such line among\n{string.Join('\n', seen)}");
            }

            if (_output.TryDequeue(out var line))
            {
                if (matches(line))
                {
                    return line;
                }

                seen.Add(line);
            }
        }
    }

    /// <summary>Ends the pod, which waits for its requests, and takes what it wrote that nobody has asked for yet.</summary>
    public async Task<IReadOnlyCollection<string>> RestOfOutputAsync()
    {
        Signal("TERM");
        await Exited.WaitAsync(Patience, TestContext.Current.CancellationToken);
        return _output;
    }

    /// <summary>The next line of the log with an event.</summary>
    public async Task<JsonElement> LogAsync(string eventName)
        => JsonDocument.Parse(await OutputAsync(line => line.Contains($"\"event\":\"{eventName}\"", StringComparison.Ordinal))).RootElement;

    public HttpClient ClientFor(Version version)
        => new(Handler(PodAddress.OfSocket(FunctionSocket))) { BaseAddress = new("http://pod"), DefaultRequestHeaders = { { WireHeaders.Instance, Id } }, DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact, Timeout = Patience };

    /// <summary>Bytes of resident memory.</summary>
    public long ResidentBytes()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").Single(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-s", name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        Functions.Dispose();
        _channel.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _written.Dispose();
        Key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task SendAsync(IClientStreamWriter<SpecializeRequest> stream, IEnumerable<SpecializeRequest> parts)
    {
        try
        {
            foreach (var part in parts)
            {
                await stream.WriteAsync(part, TestContext.Current.CancellationToken);
            }

            await stream.CompleteAsync();
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException or OperationCanceledException)
        {
            // The pod answered before it heard everything; the answer says why.
        }
    }

    private SocketsHttpHandler Handler(string address, SslClientAuthenticationOptions? client = null)
    {
        var endPoint = PodAddress.Parse(address, out _);
        return new()
        {
            SslOptions = client ?? new(),
            UseProxy = false,

            // Who leaves amid a response has left: the rest of it is not read for the connection's sake.
            ResponseDrainTimeout = TimeSpan.Zero,
            ConnectCallback = async (_, token) =>
            {
                await _listening.Task.WaitAsync(token);
                return await PodAddress.ConnectAsync(endPoint, token);
            },
        };
    }

    private void OnOutput(string? line)
    {
        if (line is null || line.Contains("\"event\":\"Listening\"", StringComparison.Ordinal))
        {
            // Also when the output ends: then connecting fails, and says so.
            _listening.TrySetResult();
        }

        if (line is not null)
        {
            _output.Enqueue(line);
            _written.Release();
        }
    }
}
