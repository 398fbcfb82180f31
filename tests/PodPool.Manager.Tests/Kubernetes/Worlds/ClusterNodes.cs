using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Kubernetes.Worlds;

/// <summary>The machines of a cluster: they run what the API server has, in their own time, and tell it what became of it.</summary>
internal sealed class ClusterNodes : IAsyncDisposable
{
    private const int Count = 3;
    private static readonly FakeKind Nodes = new("", "v1", "nodes");

    private readonly ClusterWorld _world;
    private readonly PodSocket _socket;
    private readonly FakeStore _store;
    private readonly ConcurrentDictionary<string, ClusterPod> _pods = new();
    private readonly CancellationTokenSource _ending = new();
    private Task _running = Task.CompletedTask;

    public ClusterNodes(ClusterWorld world, PodSocket socket)
    {
        (_world, _socket, _store) = (world, socket, world.Server.Store);
        for (var node = 0; node < Count; node++)
        {
            _store.Create(new V1Node { Metadata = new() { Name = $"node-{node}" }, Status = new() { Conditions = [new() { Type = "Ready", Status = "True" }] } });
        }
    }

    /// <summary>Every pod that ever ran, by name: names are never used again.</summary>
    public ClusterPod? Find(string pod) => _pods.GetValueOrDefault(pod);

    /// <summary>The pods whose processes run.</summary>
    public IEnumerable<ClusterPod> Running => _pods.Values.Where(pod => !pod.Ended.IsCancellationRequested);

    public void Start() => _running = Task.Run(() => SeenAsync(RunAsync));

    /// <summary>A pod's process ends by itself; its entry stays until somebody removes it.</summary>
    public void Fail(ClusterPod pod, string message)
    {
        pod.Die();
        Tell(pod, new() { ["status"] = new JsonObject { ["phase"] = "Failed", ["reason"] = "Error", ["message"] = message } }, evenOver: true);
    }

    /// <summary>A node stops to answer the API server, or answers again.</summary>
    public void SetReady(int node, bool isReady) => _store.Patch(
        Nodes, new("", $"node-{node % Count}"), new() { ["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = isReady ? "True" : "Unknown" }) } });

    public void AllReady()
    {
        for (var node = 0; node < Count; node++)
        {
            SetReady(node, isReady: true);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var pod in _pods.Values)
        {
            pod.Die();
            pod.Dispose();
        }

        _ending.Dispose();
    }

    /// <summary>A node that stops to do its work would look like a cluster that does not come to rest.</summary>
    private async Task SeenAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException)
        {
            // The world is over.
        }
        catch (Exception exception)
        {
            _world.Witness.Saw($"a node failed: {exception}");
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var next = _store.Next;
            var listed = _store.All(FakeKind.Pods);
            foreach (var pod in listed)
            {
                if (pod.IsDeleting)
                {
                    End(pod.Name);
                    Remove(pod);
                }
                else if (!_pods.ContainsKey(pod.Name))
                {
                    var born = _pods[pod.Name] = new(_world, pod.Name, _socket.NewAddress());
                    _ = SeenAsync(() => LiveAsync(born));
                }
            }

            // Deleted by force: what runs of it is found and ended.
            foreach (var name in Running.Select(pod => pod.Name).Except(listed.Select(pod => pod.Name)))
            {
                End(name);
            }

            await next.WaitAsync(_ending.Token);
        }
    }

    private async Task LiveAsync(ClusterPod pod)
    {
        await _world.DelayAsync(_world.Weather.Create);
        if (pod.Ended.IsCancellationRequested)
        {
            return;
        }

        _socket.Add(pod);
        Tell(pod, new()
        {
            ["spec"] = new JsonObject { ["nodeName"] = $"node-{_world.Pick(Count)}" },
            ["status"] = new JsonObject { ["phase"] = "Running", ["podIP"] = pod.Address },
        });
        if (_world.Chance(_world.Weather.NeverWarm))
        {
            return;
        }

        await _world.DelayAsync(_world.Weather.Start);
        if (_world.Chance(_world.Weather.DiesAtStart))
        {
            Fail(pod, "exit code 134");
        }
        else
        {
            pod.BecomeWarm();
        }
    }

    private void End(string name)
    {
        if (_pods.TryGetValue(name, out var pod))
        {
            pod.Die();
        }
    }

    private void Remove(FakeObject pod)
    {
        try
        {
            _store.Delete(FakeKind.Pods, new(pod.Namespace, pod.Name), pod.Uid, grace: 0);
        }
        catch (FakeApiError)
        {
            // Somebody else was faster.
        }
    }

    private void Tell(ClusterPod pod, JsonObject status, bool evenOver = false)
    {
        try
        {
            _store.Update(FakeKind.Pods, new(ClusterWorld.Namespace, pod.Name), FakePart.Whole, current => evenOver || !pod.Ended.IsCancellationRequested ? FakePatch.Merge(current, status) : current);
        }
        catch (FakeApiError)
        {
            // Its entry is gone already.
        }
    }
}
