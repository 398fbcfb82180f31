using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace PodPool.Cli.Tests.Platform;

/// <summary>What callers are promised, with every part a real process.</summary>
public sealed class PlatformTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_callers_of_a_cold_function_share_the_instances_their_number_needs()
    {
        // One instance more than they need would be there to take.
        const int Callers = 1000, Concurrency = 400, Needed = 3;
        await using var servers = await ServersApart.StartAsync(warm: Needed + 1);
        await servers.DeploySampleAsync("Slow", "slow", "--concurrency", Concurrency.ToString(CultureInfo.InvariantCulture));
        using var client = servers.Client(HttpVersion.Version11);

        var answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => client.GetAsync(new Uri("/default/slow?seconds=0.2", UriKind.Relative), Test)));

        var answered = 0;
        foreach (var answer in answers)
        {
            using (answer)
            {
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    answered++;
                    continue;
                }

                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                Assert.NotNull(answer.Headers.RetryAfter);
                Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            }
        }

        // Those whom the first instances have room for wait no longer than a start.
        Assert.InRange(answered, Concurrency, Callers);
        Assert.InRange((await servers.InstancesAsync("slow")).Count, 1, Needed);
        Assert.InRange(await servers.PodsAsync("serving"), 1, Needed);
    }

    [Fact]
    public async Task With_the_manager_killed_callers_of_a_warm_function_notice_nothing_and_a_first_request_waits_for_the_next_manager()
    {
        await using var servers = await ServersApart.StartAsync(warm: 3);
        await servers.DeploySampleAsync("Hello", "warm");
        await servers.DeploySampleAsync("Hello", "cold");
        using var client = servers.Client(HttpVersion.Version20);
        Assert.Contains("hello", await client.GetStringAsync(new Uri("/default/warm", UriKind.Relative), Test), StringComparison.Ordinal);
        var before = await servers.InstancesAsync("warm");
        var traffic = new Traffic(client, "/default/warm", callers: 4);
        Task<HttpResponseMessage> cold;
        await using (traffic)
        {
            await traffic.UntilAnsweredAsync(200);
            await servers.Manager.KillAsync();
            cold = client.GetAsync(new Uri("/default/cold", UriKind.Relative), Test);
            await traffic.UntilAnsweredAsync(200);
            Assert.False(cold.IsCompleted);

            await servers.StartNextManagerAsync();
            using var answer = await cold;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await traffic.UntilAnsweredAsync(200);
        }

        Assert.Empty(traffic.Failures);
        Assert.Equal(before, await servers.InstancesAsync("warm"));
        Assert.Single(await servers.InstancesAsync("cold"));
    }

    [Fact]
    public async Task A_caller_whose_pod_is_killed_while_it_is_specialized_is_answered_by_another()
    {
        await using var servers = await ServersApart.StartAsync(warm: 2);
        var mark = Path.Combine(servers.Folder, "mark");
        await servers.RunAsync("deploy", Author.Project(servers.Folder, "Fragile", $$"""
            public class Fragile
            {
                public Fragile()
                {
                    if (!File.Exists("{{mark}}"))
                    {
                        File.WriteAllText("{{mark}}.tmp", Environment.ProcessId.ToString());
                        File.Move("{{mark}}.tmp", "{{mark}}");
                        Thread.Sleep(Timeout.Infinite);
                    }
                }

                public int Answer() => Environment.ProcessId;
            }
            """), "--name", "fragile");
        using var client = servers.Client(HttpVersion.Version11);

        var answering = client.GetStringAsync(new Uri("/default/fragile", UriKind.Relative), Test);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!File.Exists(mark))
        {
            Assert.False(answering.IsCompleted);
            await timer.WaitForNextTickAsync(Test);
        }

        var victim = await File.ReadAllTextAsync(mark, Test);
        using (var process = Process.GetProcessById(int.Parse(victim, CultureInfo.InvariantCulture)))
        {
            process.Kill();
        }

        var survivor = await answering;
        Assert.NotEqual(victim, survivor);
        Assert.True(int.TryParse(survivor, out _), survivor);
        Assert.Single(await servers.InstancesAsync("fragile"));
        await servers.UntilWarmAsync(2);
        Assert.Equal(1, await servers.PodsAsync("serving"));
    }

    [Fact]
    public async Task A_gigabyte_streams_through_router_and_pod_at_constant_memory()
    {
        const long Gigabyte = 1L << 30;
        await using var servers = await ServersApart.StartAsync(warm: 1);
        await servers.DeploySampleAsync("Streaming", "echo", "--timeout", "0");
        using var client = servers.Client(HttpVersion.Version20);
        await EchoAsync(client, 16 << 20);
        var before = servers.AnonymousBytes();

        Assert.Equal(Gigabyte, await EchoAsync(client, Gigabyte));

        var after = servers.AnonymousBytes();
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        Assert.All(after, process => Assert.True(
            process.Value - before[process.Key] < 64 << 20, $"{process.Key} grew from {before[process.Key] >> 20} to {process.Value >> 20} MB"));
    }

    private static async Task<long> EchoAsync(HttpClient client, long length)
    {
        using var body = new Zeros(length);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/default/echo", UriKind.Relative)) { Content = body, Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Test);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var stream = await response.Content.ReadAsStreamAsync(Test);
        var buffer = new byte[1 << 16];
        long total = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer, Test)) > 0)
        {
            total += read;
        }

        return total;
    }
}
