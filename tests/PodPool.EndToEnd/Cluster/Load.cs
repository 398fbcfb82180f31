using System.Globalization;

namespace PodPool.EndToEnd.Cluster;

/// <summary>A request that was not answered as it should have been. Times are the caller's clock, in milliseconds since 1970.</summary>
/// <param name="Kind"><c>connect</c>: nothing was sent; <c>lost</c>: sent, and no answer came; <c>wrong</c>: another function's answer; or the status with the reason.</param>
internal sealed record Failure(string Function, string Kind, long StartedAt, long EndedAt, string Detail);

/// <summary>Where a load is.</summary>
/// <param name="Now">The caller's clock.</param>
/// <param name="Answered">By the function that was meant.</param>
/// <param name="Starts">Answers by how the request found its instance.</param>
/// <param name="Instances">Each pod that answered, with the functions that it answered as and their versions.</param>
internal sealed record LoadCount(
    int Id, long Now, int Sent, int Answered, IReadOnlyList<Failure> Failures, IReadOnlyDictionary<string, int> Starts, IReadOnlyDictionary<string, IReadOnlyList<string>> Instances, double LongestMilliseconds)
{
    /// <summary>Every request is accounted for, none was answered by another's function, and no pod was two functions, or two versions of one.</summary>
    public LoadCount Accounted()
    {
        TestContext.Current.SendDiagnosticMessage(ToString());
        TestContext.Current.TestOutputHelper?.WriteLine(ToString());
        Assert.Equal(Sent, Answered + Failures.Count);
        Assert.DoesNotContain(Failures, failure => failure.Kind == "wrong");
        Assert.All(Instances, instance => Assert.Single(instance.Value));
        return this;
    }

    /// <summary>Nothing failed.</summary>
    public LoadCount AllAnswered()
    {
        Accounted();
        Assert.True(Failures.Count == 0, ToString());
        return this;
    }

    /// <summary>Nothing failed but what was under way when something broke, and calls that nobody took.</summary>
    /// <param name="brokeAt">The caller's clock before it broke.</param>
    /// <param name="goneAt">The caller's clock when it was gone for sure.</param>
    /// <param name="atMost">How many can have been under way there.</param>
    public LoadCount LostOnly(long brokeAt, long goneAt, int atMost)
    {
        Accounted();
        var lost = Failures.Where(failure => failure.Kind != "connect").ToList();
        Assert.True(lost.Count <= atMost, $"{lost.Count} were lost, {atMost} can have been under way: {this}");
        Assert.All(lost, failure => Assert.True(failure.StartedAt <= goneAt && failure.EndedAt >= brokeAt, $"{failure} was not under way between {brokeAt} and {goneAt}: {this}"));
        return this;
    }

    public override string ToString()
    {
        var kinds = string.Join(", ", Failures.GroupBy(failure => failure.Kind).Select(group => $"{group.Count()} {group.Key}"));
        var starts = string.Join(", ", Starts.Select(start => $"{start.Value} {start.Key}"));
        var details = string.Join("\n  ", Failures.DistinctBy(failure => (failure.Kind, failure.StartedAt / 2_000)).Take(8).Select(failure => string.Create(CultureInfo.InvariantCulture, $"{failure.Function} {failure.StartedAt}–{failure.EndedAt} {failure.Kind}: {failure.Detail}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"sent {Sent}, answered {Answered} ({starts}) by {Instances.Count} pods, failed {Failures.Count} ({kinds}); the longest took {LongestMilliseconds:0} ms{(details.Length > 0 ? "\n  " + details : "")}");
    }
}

/// <summary>Callers at work in the cluster.</summary>
internal sealed class Load(Caller caller, int id)
{
    /// <summary>Where it is now.</summary>
    public Task<LoadCount> CountAsync() => caller.AskAsync<LoadCount>(HttpMethod.Get, $"loads/{id}");

    /// <summary>The caller's clock.</summary>
    public async Task<long> NowAsync() => (await CountAsync()).Now;

    /// <summary>Waits for so many more answers.</summary>
    public async Task AnsweredAsync(int more)
    {
        var before = (await CountAsync()).Answered;
        await Eventually.IsSoAsync(async () => await CountAsync() is var count && count.Answered >= before + more ? null : $"{more} more answers after {before}, but {count}");
    }

    /// <summary>Waits until each target was answered for that often since now, on average.</summary>
    public async Task<LoadCount> EndAsync() => await caller.AskAsync<LoadCount>(HttpMethod.Post, $"loads/{id}/end");
}
