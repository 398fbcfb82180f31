using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>Every sample as its author deploys it: its first request is answered, by a pod that was warm before.</summary>
public sealed class SampleTests(TestNamespace space) : EndToEndTests(space)
{
    [ClusterFact]
    public async Task Hello() => Assert.Equal("hello Ada", (await FirstAsync("Hello", "?name=Ada")).Json().GetProperty("message").GetString());

    [ClusterFact]
    public async Task A_function_of_many_methods() => Assert.Contains("\"", (await FirstAsync("Methods400")).Body, StringComparison.Ordinal);

    [ClusterFact]
    public async Task A_function_with_native_dependencies() => Assert.NotEmpty((await FirstAsync("Dependencies")).Json().GetProperty("events").EnumerateArray());

    [ClusterFact]
    public async Task A_function_that_takes_its_time() => Assert.True((await FirstAsync("Slow", "?seconds=0.2")).Json().GetProperty("waited").GetDouble() >= 0.19);

    [ClusterFact]
    public async Task A_function_that_streams() => Assert.Contains("event: tick", (await FirstAsync("Streaming", "?count=3&interval=0.1")).Body, StringComparison.Ordinal);

    [ClusterFact]
    public async Task A_whole_application() => Assert.Contains("isbn", (await FirstAsync("WebApplication", "/books")).Body, StringComparison.OrdinalIgnoreCase);

    [ClusterFact]
    public async Task A_plain_method()
    {
        await Space.DeploySampleAsync("PlainMethod", "plainmethod", spec => spec["entryPoint"] = "PlainMethod::PlainMethod.Quotes::Calculate");
        var answer = await Space.Caller.CallAsync(
            Space.UrlOf("plainmethod"), "POST", """{"weight":2.4,"length":40,"width":30,"height":20,"zone":"Abroad","express":true}""", ("Content-Type", "application/json"));
        Assert.True(answer.Succeeded().Json().GetProperty("price").GetDecimal() > 0);
    }

    [ClusterFact]
    public async Task A_function_of_events()
    {
        await Space.DeploySampleAsync("CloudEvents", "cloudevents");
        var answer = await Space.Caller.CallAsync(
            Space.UrlOf("cloudevents"), "POST", """{"article":"lamp","change":-2}""", ("Content-Type", "application/json"), ("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/warehouse/7"), ("ce-type", "com.example.stock.moved"));
        answer.Succeeded();
    }

    [ClusterFact]
    public async Task A_function_that_cannot_start_says_why_to_its_caller_and_in_its_status()
    {
        await Space.DeploySampleAsync("BrokenStartup", "brokenstartup");
        var answer = await Space.Caller.CallAsync(Space.UrlOf("brokenstartup"), "POST", """{"article":"lamp"}""", ("Content-Type", "application/json"));
        Assert.Equal(502, answer.Status);
        Assert.Contains("WAREHOUSE_URL", answer.Body, StringComparison.Ordinal);
        await Eventually.IsSoAsync(async () =>
        {
            var read = await Space.Installation.FunctionAsync(Space.Name, "brokenstartup");
            return ((string?)read["status"]?["lastFailure"]?["message"])?.Contains("WAREHOUSE_URL", StringComparison.Ordinal) == true ? null : read["status"]?.ToJsonString();
        });
    }

    private async Task<Answer> FirstAsync(string sample, string rest = "")
    {
        var name = sample.ToLowerInvariant();
        await Space.Installation.FullAsync("default");
        await Space.DeploySampleAsync(sample, name);
        var answer = (await Space.Caller.GetAsync(Space.UrlOf(name, rest))).Succeeded();
        Note($"{sample}: {answer.Milliseconds:0.0} ms, {answer.Headers.GetValueOrDefault("server-timing")}");
        Assert.Equal("pooled", answer.Start);
        return answer;
    }
}
