using System.Globalization;
using System.Text.Json;
using PodPool.Cli.CommandLine;
using PodPool.Contracts.Wire;
using PodPool.Ports;

namespace PodPool.Cli.Tests.Platform;

/// <summary>The whole platform, each part a process of its own: a manager, its pods, a router, and a terminal that speaks to the manager.</summary>
internal sealed class ServersApart : IAsyncDisposable
{
    private readonly TestTerminal _terminal = new();
    private readonly int _warm;
    private readonly bool _monitored;
    private readonly string _managerSocket;
    private readonly string _routerSocket;

    private ServersApart(int warm, bool monitored)
    {
        _warm = warm;
        _monitored = monitored;
        _managerSocket = Path.Combine(_terminal.Folder, "m");
        _routerSocket = Path.Combine(_terminal.Folder, "r");
        _terminal["PODPOOL_SERVER"] = "unix:" + _managerSocket;
        Manager = StartManager();
        Router = ServerProcess.Start(_terminal, "PodPool.Router.dll", ["--manager", "unix:" + _managerSocket, "--listen", "unix:" + _routerSocket, .. Health(RouterHealth)]);
    }

    public ServerProcess Manager { get; private set; }

    public ServerProcess Router { get; }

    /// <summary>A place for what the test makes.</summary>
    public string Folder => _terminal.Folder;

    /// <summary>Where the manager tells how it is, if it is monitored: host and port.</summary>
    public string ManagerHealth { get; } = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePorts.Next()}");

    /// <summary>Where the router does.</summary>
    public string RouterHealth { get; } = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePorts.Next()}");

    public static async Task<ServersApart> StartAsync(int warm, bool monitored = false)
    {
        var servers = new ServersApart(warm, monitored);
        await servers.Manager.UntilListeningAsync(servers._managerSocket);
        await servers.Router.UntilListeningAsync(servers._routerSocket);
        await servers.UntilWarmAsync(warm);
        return servers;
    }

    /// <summary>The next manager, on what the last one left.</summary>
    public async Task StartNextManagerAsync()
    {
        await Manager.DisposeAsync();
        File.Delete(_managerSocket);
        Manager = StartManager();
        await Manager.UntilListeningAsync(_managerSocket);
    }

    /// <summary>A client of the router.</summary>
    public HttpClient Client(Version version)
    {
        var endPoint = PodAddress.Parse("unix:" + _routerSocket);
        var handler = new SocketsHttpHandler { UseProxy = false, ConnectCallback = (_, token) => PodAddress.ConnectAsync(endPoint, token) };
        return new(handler) { BaseAddress = new("http://localhost"), DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    public Task DeploySampleAsync(string sample, string name, params string[] options) => RunAsync(["deploy", Repository.PublishedSample(sample), "--name", name, .. options]);

    /// <summary>The ids of a function's instances.</summary>
    public async Task<IReadOnlyList<string>> InstancesAsync(string name)
    {
        using var described = JsonDocument.Parse(await RunAsync("describe", name, "--output", "json"));
        return [.. described.RootElement.GetProperty("instances").EnumerateArray().Select(instance => instance.GetProperty("id").GetString()!)];
    }

    /// <summary>The pool's count of pods in a state.</summary>
    public async Task<int> PodsAsync(string state)
    {
        using var pools = JsonDocument.Parse(await RunAsync("pool", "list", "--output", "json"));
        return pools.RootElement.GetProperty("pools")[0].GetProperty(state).GetInt32();
    }

    /// <summary>What the router and each pod that exists hold in memory, by name.</summary>
    public IReadOnlyDictionary<string, long> AnonymousBytes() => PodProcesses.In(Folder)
        .Select(pod => (Name: $"pod process {pod}", Id: pod)).Append((Name: "router", Router.Id))
        .ToDictionary(process => process.Name, process => ProcessMemory.AnonymousBytes(process.Id));

    public async Task UntilWarmAsync(int warm)
    {
        // Not at once again: who asks without a pause takes the processor from the pods he waits for.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await PodsAsync("warm") < warm)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A verb that succeeds.</summary>
    /// <returns>What it answered.</returns>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var before = _terminal.Out.Length;
        var code = await _terminal.RunAsync(arguments);
        Assert.True(code == ExitCode.Ok, $"podpool {string.Join(' ', arguments)} ended with {code}: {_terminal.Error}");
        return _terminal.Out[before..];
    }

    public async ValueTask DisposeAsync()
    {
        await Router.DisposeAsync();
        await Manager.DisposeAsync();
        PodProcesses.KillIn(Folder);
        _terminal.Dispose();
    }

    private ServerProcess StartManager() => ServerProcess.Start(
        _terminal, "PodPool.Manager.dll", ["--state", Path.Combine(_terminal.Folder, "managed"), "--runtime", Path.Combine(AppContext.BaseDirectory, "runtime"),
        "--listen", "unix:" + _managerSocket, "--warm", _warm.ToString(CultureInfo.InvariantCulture), .. Health(ManagerHealth)]);

    private string[] Health(string address) => _monitored ? ["--health", $"http://{address}"] : [];
}
