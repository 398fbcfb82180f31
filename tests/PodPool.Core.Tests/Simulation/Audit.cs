namespace PodPool.Core.Tests.Simulation;

/// <summary>Whether a pool's books agree with themselves: every pod in one state and in every list of that state, every sum right.</summary>
internal static class Audit
{
    public static void Check(PoolBooks books)
    {
        var pods = books.Pods.All;
        foreach (var state in Enum.GetValues<PodState>())
        {
            Assert.Equal(pods.Count(pod => pod.State == state), books.Pods.Count(state));
        }

        Assert.Equal(books.Pods.Count(PodState.Warm), books.Pods.Warm.Count);
        foreach (var pod in pods)
        {
            CheckPod(books, pod);
        }

        var hungry = 0L;
        foreach (var function in books.Functions.Values)
        {
            hungry += function.Hunger.Pods;
            CheckFunction(function);
        }

        Assert.Equal(hungry, books.Hungry.Pods);
        var warm = books.Pods.Count(PodState.Warm);
        Assert.True(
            books.Functions.Values.All(function => function.Hunger.Pods == 0 || warm == 0 || !books.Reserve.Allows(function.Name, warm)),
            "A warm pod is idle while a function wants one.");
    }

    private static void CheckPod(PoolBooks books, Pod pod)
    {
        var waits = pod.State is PodState.Starting or PodState.Claimed or PodState.Draining;
        Assert.True(waits == pod.IsQueued, $"{pod.Id} is {pod.State}, and its time is {(pod.IsQueued ? "" : "not ")}kept.");
        Assert.Equal(pod.State == PodState.Warm, pod.WarmPlaces.Length > 0);
        Assert.Equal(pod.State == PodState.Claimed, books.Pods.Claimed(pod.Claim) == pod);
        if (pod.Revision is { } revision)
        {
            Assert.Equal(pod.State == PodState.Claimed, revision.Claimed.Contains(pod));
            Assert.Equal(pod.State == PodState.Serving, revision.Serving.Contains(pod));
            Assert.Equal(pod.State == PodState.Draining, revision.Function.Draining.Contains(pod));
            if (pod.State is PodState.Claimed or PodState.Serving)
            {
                var function = books.Functions.GetValueOrDefault(revision.Function.Name);
                Assert.Same(revision.Function, function);
                Assert.Contains(revision, function!.Revisions);
            }
        }
        else
        {
            Assert.True(pod.State is PodState.Starting or PodState.Warm or PodState.Draining or PodState.Gone);
        }
    }

    private static void CheckFunction(Function function)
    {
        Assert.False(function.Touched || function.RouteChanged || function.LostInstance || function.Removed);
        Assert.Contains(function.Routed, function.Revisions);
        Assert.Equal(function.Hunger.Pods > 0, function.Hunger.IsQueued);
        Assert.InRange(function.Hunger.Missed, 0, function.Hunger.Pods);
        Assert.True(function.Hunger.Told >= function.Hunger.Missed);
        Assert.True(function.Demand.Waiting >= 0 && function.Demand.InFlight >= 0);
        Assert.True(function.Waiters.Count == 0 || function.Room <= 0, $"A caller of {function.Name} waits although there is room.");
        Assert.All(function.Waiters, waiter => Assert.True(waiter.IsQueued));
        Assert.True(
            function.Revisions.All(revision => revision == function.Routed || revision == function.Current || revision.Serving.Count == 0),
            "Instances serve that are neither in routing nor about to be.");
    }
}
