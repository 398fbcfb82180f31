using System.Collections.Concurrent;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Pods;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using FunctionName = PodPool.Core.FunctionName;
using PodPhase = PodPool.Contracts.V1.PodPhase;

namespace PodPool.Manager.Tests.Kubernetes.Worlds;

/// <summary>Sees what happens in a cluster, from every change of its objects, and fails the test when a rule is broken.</summary>
internal sealed class ClusterWitness
{
    /// <summary>So long after their time callers must have been answered, and the clock stops for them: what is left is for their own threads to come to it.</summary>
    private static readonly TimeSpan ThreadsPatience = TimeSpan.FromSeconds(30);

    private readonly ClusterWorld _world;
    private readonly ConcurrentQueue<string> _seen = new();
    private int _claims;
    private int _instances;
    private int _refusals;

    public ClusterWitness(ClusterWorld world)
    {
        _world = world;
        world.Server.Store.Changed = Changed;
    }

    public int Claims => _claims;

    public int Instances => _instances;

    public int Refusals => _refusals;

    /// <summary>A rule was broken, on whatever thread that came to light.</summary>
    public void Saw(string what) => _seen.Enqueue(what);

    public void Claimed() => Interlocked.Increment(ref _claims);

    public void Answered(FunctionName function, AcquireAnswer answer)
    {
        if (answer is not AcquireAnswer.Instance instance)
        {
            Interlocked.Increment(ref _refusals);
            return;
        }

        Interlocked.Increment(ref _instances);
        if (_world.Nodes.Find(instance.Pod.Value)?.Bound is var bound && bound != function)
        {
            Saw($"a caller of {function} was sent to {instance.Pod}, which is bound to {bound}");
        }
    }

    /// <summary>At any time. Meanwhile the clock stands still.</summary>
    public async Task LookAsync()
    {
        Assert.True(_seen.IsEmpty, string.Join("\n", _seen));
        foreach (var router in _world.Routers)
        {
            if (router.Overdue(_world.Lateness) is { Count: > 0 } overdue)
            {
                var answered = Task.WhenAll(overdue);
                var first = await Task.WhenAny(answered, Task.Delay(ThreadsPatience, TimeProvider.System, TestContext.Current.CancellationToken));
                Assert.True(first == answered, "a caller has no answer although his time is over");
            }

            router.ThrowIfFailed();
        }
    }

    /// <summary>Nothing goes wrong and nobody asks for anything: what is not as it should be? Null: nothing.</summary>
    public string? Unrest()
    {
        if (_world.Manager is not { } manager)
        {
            return "no manager leads";
        }

        if (!_world.Routers.TrueForAll(router => router.IsIdle))
        {
            return "callers wait or are served";
        }

        var listed = _world.Server.Store.All(FakeKind.Pods);
        var running = _world.Nodes.Running.ToDictionary(pod => pod.Name);
        if (!listed.Select(pod => pod.Name).ToHashSet().SetEquals(running.Keys))
        {
            return $"{listed.Count} pods are listed, {running.Count} run";
        }

        foreach (var pod in listed)
        {
            if (UnrestOf(pod, running[pod.Name].Now.Status) is { } unrest)
            {
                return $"{pod.Name} {unrest}";
            }
        }

        var phases = running.Values.Select(pod => pod.Now.Status).ToList();
        var status = manager.Pool.Status;
        var minimum = _world.Functions.Values.Sum(function => function.Scale.Min);
        var wanted = (_world.Options.Warm, 0, 0, minimum, 0);
        var books = (status.Warm, status.Starting, status.Claimed, status.Serving, status.Draining);
        var there = (phases.Count(pod => pod.Phase == PodPhase.PodWarm), 0, 0, phases.Count(pod => pod.Phase == PodPhase.PodServing), 0);
        return wanted == books && wanted == there ? null : $"there should be {wanted}; in the books are {books}, on the nodes {there}; {string.Join(", ", manager.Pool.Functions)}; {status.Stopped}";
    }

    /// <summary>Each pod is warm and nobody's, or serves what is deployed; and the labels say so.</summary>
    private string? UnrestOf(FakeObject listed, PodStatus pod)
    {
        if (listed.IsDeleting)
        {
            return "is being deleted";
        }

        if (pod.Phase is not (PodPhase.PodWarm or PodPhase.PodServing))
        {
            return $"is {pod.Phase}";
        }

        if (pod.Binding is { } binding && _world.Functions.GetValueOrDefault(new(binding.Namespace, binding.Function))?.Revision != binding.Revision)
        {
            return $"serves {binding}, which is not deployed";
        }

        var said = (Label(listed, PodLabels.State), Label(listed, PodLabels.FunctionNamespace), Label(listed, PodLabels.Function), Label(listed, PodLabels.Revision));
        var isSo = (pod.Phase == PodPhase.PodWarm ? PodStates.Warm : PodStates.Serving, pod.Binding?.Namespace, pod.Binding?.Function, pod.Binding?.Revision);
        return said == isSo ? null : $"is {isSo}, its labels say {said}";
    }

    /// <summary>A pod is said to serve what it is bound to; only that a claim is on its way to it may be said before it knows. Called under the store's lock.</summary>
    private void Changed(FakeChange change)
    {
        if (change.Kind == FakeKind.Pods && Label(change.After, PodLabels.Function) is { } name && Label(change.After, PodLabels.State) is var state && state != PodStates.Claimed)
        {
            var function = new FunctionName(Label(change.After, PodLabels.FunctionNamespace)!, name);
            if (_world.Nodes.Find(change.After.Name) is { } pod && pod.Bound != function)
            {
                Saw($"{pod.Name} is said to be {state} for {function}, and is bound to {pod.Bound?.ToString() ?? "nothing"}");
            }
        }
    }

    private static string? Label(FakeObject pod, string label) => pod.Text("metadata", "labels", label);
}
