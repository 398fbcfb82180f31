using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using k8s.Models;
using PodPool.Contracts;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Pods;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Whole;

/// <summary>
/// What a node does with pods: runs the real generic pod for each, as a process with a loopback address of its own, with what the pod's
/// variables and Secrets say; and ends it when it is deleted.
/// </summary>
internal sealed class FakeKubelet : IAsyncDisposable
{
    private const string Node = "node-1";
    private static readonly FakeKind Secrets = new("", "v1", "secrets");
    private static readonly string Network = string.Create(CultureInfo.InvariantCulture, $"127.{64 + (Environment.ProcessId % 128)}");
    private static int _addresses;

    private readonly FakeStore _store;
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<string, Process> _processes = new();
    private readonly ConcurrentDictionary<string, WaitingPod> _waiting = new();
    private readonly TaskCompletionSource _image = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;

    public FakeKubelet(FakeStore store, bool imageIsThere = true)
    {
        _store = store;
        if (imageIsThere)
        {
            _image.SetResult();
        }

        store.Create(new V1Node { Metadata = new() { Name = Node }, Status = new() { Conditions = [new() { Type = "Ready", Status = "True" }] } });
        _running = Task.Run(RunAsync);
    }

    public int Started { get; private set; }

    /// <summary>Pods that have an address already, and whose image is still being pulled.</summary>
    public IEnumerable<WaitingPod> Waiting => _waiting.Values;

    /// <summary>The image was pulled.</summary>
    public void ImageIsThere() => _image.TrySetResult();

    /// <summary>A pod answers nobody any more, and closes nothing.</summary>
    public void Suspend(string pod) => Signal(pod, "STOP");

    /// <summary>It goes on.</summary>
    public void Resume(string pod) => Signal(pod, "CONT");

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var process in _processes.Values)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        foreach (var waiting in _waiting.Values)
        {
            await waiting.DisposeAsync();
        }

        _folder.Dispose();
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var next = _store.Next;
            foreach (var pod in _store.All(FakeKind.Pods))
            {
                if (pod.IsDeleting)
                {
                    await EndAsync(pod);
                }
                else if (!_processes.ContainsKey(pod.Name) && _store.Find(Secrets, new(pod.Namespace, SecretOf(pod))) is { } secret)
                {
                    if (_image.Task.IsCompleted)
                    {
                        await StartAsync(pod, secret);
                    }
                    else if (!_waiting.ContainsKey(pod.Name))
                    {
                        Place(pod, (_waiting[pod.Name] = new(NextAddress())).Address, "Pending");
                    }
                }
            }

            await (_image.Task.IsCompleted ? next : Task.WhenAny(next, _image.Task)).WaitAsync(_ending.Token);
        }
    }

    private async Task StartAsync(FakeObject pod, FakeObject secret)
    {
        string address;
        if (_waiting.TryRemove(pod.Name, out var waiting))
        {
            await waiting.DisposeAsync();
            address = waiting.Address;
        }
        else
        {
            address = NextAddress();
        }

        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, pod.Name)).FullName;
        var start = new ProcessStartInfo(Path.Combine(ManagerUnderTest.RuntimeFolder, "PodPool.Runtime"));
        foreach (var variable in pod.ToNode()["spec"]!["containers"]![0]!["env"]!.AsArray().Where(variable => variable!["value"] is not null))
        {
            start.Environment[variable!["name"]!.GetValue<string>()] = variable["value"]!.GetValue<string>().Replace("$(PODPOOL_POD_IP)", address, StringComparison.Ordinal);
        }

        start.Environment[PodEnvironment.FilesFolder] = Directory.CreateDirectory(Path.Combine(folder, "files")).FullName;
        start.Environment[PodEnvironment.LoaderCertificate] = Directory.CreateDirectory(Path.Combine(folder, "tls")).FullName;
        start.Environment[PodEnvironment.Rehearse] = "false";
        start.Environment["TMPDIR"] = Directory.CreateDirectory(Path.Combine(folder, "tmp")).FullName;
        foreach (var (name, value) in secret.ToNode()["data"]!.AsObject())
        {
            File.WriteAllBytes(Path.Combine(folder, "tls", name), Convert.FromBase64String(value!.GetValue<string>()));
        }

        _processes[pod.Name] = Process.Start(start)!;
        Started++;
        Place(pod, address, "Running");
    }

    private void Place(FakeObject pod, string address, string phase) => _store.Patch(FakeKind.Pods, NameOf(pod), new()
    {
        ["spec"] = new JsonObject { ["nodeName"] = Node },
        ["status"] = new JsonObject { ["phase"] = phase, ["podIP"] = address },
    });

    private void Signal(string pod, string name)
    {
        using var kill = Process.Start("kill", ["-s", name, _processes[pod].Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>All of 127/8 is this machine, and who runs the same tests at the same time has another part of it.</summary>
    private static string NextAddress()
    {
        var number = Interlocked.Increment(ref _addresses);
        return string.Create(CultureInfo.InvariantCulture, $"{Network}.{number / 250}.{(number % 250) + 1}");
    }

    private async Task EndAsync(FakeObject pod)
    {
        if (_processes.TryRemove(pod.Name, out var process))
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _store.Delete(FakeKind.Pods, NameOf(pod), grace: 0);
    }

    private static ObjectName NameOf(FakeObject pod) => new(pod.Namespace, pod.Name);

    private static string SecretOf(FakeObject pod)
        => pod.ToNode()["spec"]!["volumes"]!.AsArray().Select(volume => volume!["secret"]?["secretName"]?.GetValue<string>()).OfType<string>().Single();
}

/// <summary>A pod that has an address, and nobody who answers there.</summary>
internal sealed class WaitingPod : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly SemaphoreSlim _dialled = new(0);
    private readonly Task _running;

    public WaitingPod(string address)
    {
        Address = address;
        _listener = new(IPAddress.Parse(address), PodManifest.LoaderPort);
        _listener.Start();
        _running = Task.Run(RefuseAsync);
    }

    public string Address { get; }

    /// <summary>Waits for somebody who wanted to talk to its loader.</summary>
    public Task DialledAsync() => _dialled.WaitAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _dialled.Dispose();
    }

    private async Task RefuseAsync()
    {
        while (true)
        {
            (await _listener.AcceptSocketAsync()).Dispose();
            _dialled.Release();
        }
    }
}
