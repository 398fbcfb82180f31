using System.Net;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Serving;

public sealed class RequestTests
{
    private static readonly Lazy<TestPackage> Function = new(() => TestPackage.Of("""
        public class Moody : IHttpFunction
        {
            private readonly TaskCompletionSource _release = new();

            public async Task HandleAsync(HttpContext context)
            {
                switch (context.Request.Path.Value)
                {
                    case "/throw": throw new InvalidOperationException("in a bad mood");
                    case "/throw-unflushed": context.Response.Headers["x-mood"] = "bad"; context.Response.BodyWriter.Advance(Fill(context.Response.BodyWriter.GetMemory(5))); throw new InvalidOperationException("in a bad mood");
                    case "/throw-late": await context.Response.WriteAsync("half"); await context.Response.Body.FlushAsync(); throw new InvalidOperationException("in a bad mood");
                    case "/wait": Console.WriteLine("waiting"); try { await Task.Delay(Timeout.Infinite, context.RequestAborted); } catch (OperationCanceledException) { Console.WriteLine("cancelled"); throw; } break;
                    case "/wait-linked": using (var source = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted)) { Console.WriteLine("waiting"); await Task.Delay(Timeout.Infinite, source.Token); } break;
                    case "/deaf": Console.WriteLine("waiting"); await _release.Task; Console.WriteLine("deaf done"); break;
                    case "/release": _release.TrySetResult(); await context.Response.WriteAsync("released"); break;
                    case "/half-wait": await context.Response.WriteAsync("half"); await context.Response.Body.FlushAsync(); await Task.Delay(Timeout.Infinite, context.RequestAborted); break;
                    case "/background": _ = Task.Run(() => throw new InvalidOperationException("nobody looks")); break;
                    case "/collect": GC.Collect(); GC.WaitForPendingFinalizers(); break;
                    case "/trace": await context.Response.WriteAsync(System.Diagnostics.Activity.Current!.TraceId + " " + System.Diagnostics.Activity.Current.ParentSpanId); break;
                    case "/call":
                        using (var client = new HttpClient()) { await context.Response.WriteAsync(await client.GetStringAsync(context.Request.Query["url"].ToString())); }
                        break;
                    case "/leak": await context.Response.WriteAsync(System.Diagnostics.Activity.Current?.RootId + "|" + Context); break;
                    case "/read": Console.WriteLine("waiting"); try { await context.Request.Body.CopyToAsync(Stream.Null); } catch (IOException) { Console.WriteLine("broken off"); throw; } break;
                    case "/sse":
                        context.Response.ContentType = "text/event-stream";
                        for (var i = 0; ; i++) { await context.Response.WriteAsync($"data: {i}\n\n", context.RequestAborted); await context.Response.Body.FlushAsync(context.RequestAborted); await context.Request.Body.ReadAsync(new byte[1], context.RequestAborted); }
                    default: await context.Response.WriteAsync("fine"); break;
                }
            }

            private readonly string Context = System.Diagnostics.Activity.Current?.Id ?? "none";

            private static int Fill(Memory<byte> memory) { memory.Span[..5].Fill((byte)'x'); return 5; }
        }
        """));

    private static readonly Version[] Versions = [HttpVersion.Version11, HttpVersion.Version20];

    [Fact]
    public async Task A_pod_that_is_not_the_instance_answers_421_before_it_reads_the_body()
    {
        await using var pod = await PodProcess.StartAsync();
        await MisdirectedAsync(pod.Id);
        await pod.SpecializeAsync(Function.Value, "Function");
        await MisdirectedAsync("another");
        await MisdirectedAsync(null);
        Assert.Equal("fine", await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));

        async Task MisdirectedAsync(string? instance)
        {
            // HTTP/2, where a response may come amid the request.
            using var client = pod.ClientFor(HttpVersion.Version20);
            client.DefaultRequestHeaders.Remove(WireHeaders.Instance);
            using var body = new EndlessContent();
            using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = body, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            if (instance is not null)
            {
                request.Headers.Add(WireHeaders.Instance, instance);
            }

            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
            Assert.Equal("NOT_THIS_INSTANCE", Assert.Single(response.Headers.GetValues(WireHeaders.Reason)));

            // HTTP/1.1 by hand: the client we have sends its whole body before it listens.
            await using var stream = await PodAddress.ConnectAsync(PodAddress.Parse(PodAddress.OfSocket(pod.FunctionSocket)), TestContext.Current.CancellationToken);
            var header = instance is null ? "" : $"{WireHeaders.Instance}: {instance}\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: pod\r\n{header}Content-Length: 1000000\r\n\r\n"), TestContext.Current.CancellationToken);
            using var reader = new StreamReader(stream);
            Assert.Equal("HTTP/1.1 421 Misdirected Request", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task An_exception_after_bytes_that_were_not_sent_yet_is_still_an_error()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");
        foreach (var version in Versions)
        {
            using var client = pod.ClientFor(version);
            using var response = await client.GetAsync("/throw-unflushed", TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
            Assert.False(response.Headers.Contains("x-mood"));
            Assert.Equal("fine", await client.GetStringAsync("/", TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task An_exception_is_a_problem_without_its_stack_logged_whole_and_the_instance_lives()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");
        foreach (var version in Versions)
        {
            using var client = pod.ClientFor(version);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/throw") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Headers = { { "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } } };

            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
            var problem = await Problems.ReadAsync(response);
            Assert.Equal("FUNCTION_ERROR", problem.Reason);
            Assert.DoesNotContain("bad mood", problem.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", problem.Text, StringComparison.Ordinal);
            var log = await pod.LogAsync("FunctionThrew");
            Assert.Contains("InvalidOperationException: in a bad mood\n   at Sample.Moody.HandleAsync", log.GetProperty("exception").GetString(), StringComparison.Ordinal);
            Assert.Equal("tests/sample", log.GetProperty("function").GetString());
            Assert.Equal("r1", log.GetProperty("revision").GetString());
            Assert.Equal("0af7651916cd43dd8448eb211c80319c", log.GetProperty("traceId").GetString());
            Assert.Equal("fine", await client.GetStringAsync("/", TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_response_that_broke_off_does_not_look_whole()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function", manifest => manifest.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(300)));
        foreach (var version in Versions)
        {
            using var client = pod.ClientFor(version);
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/throw-late", TestContext.Current.CancellationToken));
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/half-wait", TestContext.Current.CancellationToken));
            Assert.Equal("fine", await client.GetStringAsync("/", TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData("/wait")]
    [InlineData("/wait-linked")]
    public async Task A_function_past_its_timeout_is_cancelled_and_answered_for(string path)
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function", manifest => manifest.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(200)));
        foreach (var version in Versions)
        {
            using var client = pod.ClientFor(version);
            using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
            Assert.Equal("FUNCTION_TIMEOUT", (await Problems.ReadAsync(response)).Reason);
            Assert.Equal("fine", await client.GetStringAsync("/", TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_function_that_does_not_hear_its_cancellation_is_answered_for_over_its_head()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function", manifest => manifest.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(200)));
        foreach (var version in Versions)
        {
            using var client = pod.ClientFor(version);
            using var response = await client.GetAsync("/deaf", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
            Assert.Equal("FUNCTION_TIMEOUT", (await Problems.ReadAsync(response)).Reason);
        }

        Assert.Equal(2, (await pod.StatusAsync()).InFlight);
        Assert.Equal("released", await pod.Functions.GetStringAsync("/release", TestContext.Current.CancellationToken));
        await pod.OutputAsync(line => line == "deaf done");
        await pod.OutputAsync(line => line == "deaf done");
        Assert.Equal("fine", await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_caller_who_leaves_cancels_the_function()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function", manifest => manifest.Timeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)));
        foreach (var version in Versions)
        {
            using var client = pod.ClientFor(version);
            using var leaving = new CancellationTokenSource();
            var request = client.GetAsync("/wait", leaving.Token);
            await pod.OutputAsync(line => line == "waiting");
            await leaving.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
            await pod.OutputAsync(line => line == "cancelled");
            Assert.Equal("fine", await client.GetStringAsync("/", TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_caller_who_leaves_amid_its_body_is_no_fault_of_the_function(string version)
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");
        using var client = pod.ClientFor(new(version));
        using var body = new EndlessContent();
        using var leaving = new CancellationTokenSource();
        var request = client.PostAsync("/read", body, leaving.Token);
        await pod.OutputAsync(line => line == "waiting");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => request);
        await pod.OutputAsync(line => line == "broken off");
        Assert.DoesNotContain(await pod.RestOfOutputAsync(), line => line.Contains("exception", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_trace_goes_through_to_the_function_and_on_to_what_it_calls()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");
        using var outside = new HeaderEcho("traceparent");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/call?url={outside.Url}") { Headers = { { "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } } };

        using var response = await pod.Functions.SendAsync(request, TestContext.Current.CancellationToken);

        await outside.Served;
        var passedOn = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", passedOn, StringComparison.Ordinal);
        Assert.DoesNotContain("b7ad6b7169203331", passedOn, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_without_a_trace_gets_one()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");

        var trace = await pod.Functions.GetStringAsync("/trace", TestContext.Current.CancellationToken);

        Assert.Matches("^[0-9a-f]{32} 0{16}$", trace);
    }

    [Fact]
    public async Task Nothing_of_the_claims_context_lives_on_in_the_function()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");

        Assert.EndsWith("|none", await pod.Functions.GetStringAsync("/leak", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_task_that_nobody_looks_at_is_logged()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");
        await pod.Functions.GetStringAsync("/background", TestContext.Current.CancellationToken);

        // The exception is noticed by a finalizer; which collection runs it is the collector's business.
        var logged = pod.LogAsync("UnobservedTaskException");
        while (!logged.IsCompleted)
        {
            await pod.Functions.GetStringAsync("/collect", TestContext.Current.CancellationToken);
        }

        Assert.Contains("nobody looks", (await logged).GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draining_waits_for_running_requests_and_refuses_new_ones()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");
        // With a body: the client would send a request without one again when its connection is cut.
        var running = pod.Functions.PostAsync("/deaf", new StringContent("x"), TestContext.Current.CancellationToken);
        await pod.OutputAsync(line => line == "waiting");
        using var draining = pod.Loader.DrainAsync(new(), cancellationToken: TestContext.Current.CancellationToken);
        await pod.UntilAsync(PodPhase.PodDraining);

        using var refused = await pod.Functions.GetAsync("/", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("SHUTTING_DOWN", (await Problems.ReadAsync(refused)).Reason);
        Assert.False(draining.ResponseAsync.IsCompleted);
        Assert.False(running.IsCompleted);
        using var again = pod.Loader.DrainAsync(new() { Grace = Duration.FromTimeSpan(TimeSpan.Zero) }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1, (await again).Aborted);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => running);
    }

    [Fact]
    public async Task A_grace_that_is_over_cuts_requests_off()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");
        var running = pod.Functions.PostAsync("/wait", new StringContent("x"), TestContext.Current.CancellationToken);
        await pod.OutputAsync(line => line == "waiting");

        var drained = await pod.Loader.DrainAsync(new() { Grace = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(200)) }, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(1, drained.Aborted);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => running);
        await pod.OutputAsync(line => line == "cancelled");
    }

    [Fact]
    public async Task Interrupting_the_pod_changes_nothing_and_terminating_it_ends_it_once_it_is_idle()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");
        using var client = pod.ClientFor(HttpVersion.Version11);
        var running = pod.Functions.GetAsync("/wait", TestContext.Current.CancellationToken);
        await pod.OutputAsync(line => line == "waiting");

        pod.Signal("INT");
        Assert.Equal("fine", await client.GetStringAsync("/", TestContext.Current.CancellationToken));
        pod.Signal("TERM");
        await pod.UntilAsync(PodPhase.PodDraining);
        Assert.False(pod.Exited.IsCompleted);
        pod.Functions.CancelPendingRequests();

        await pod.Exited.WaitAsync(PodProcess.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0, pod.ExitCode);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Streams_flow_both_ways_at_once()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Function.Value, "Function");
        using var client = pod.ClientFor(HttpVersion.Version20);
        using var body = new EndlessContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sse") { Content = body, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        for (var index = 0; index < 5; index++)
        {
            Assert.Equal($"data: {index}", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
            Assert.Equal("", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
            body.Send();
        }

        body.Stop();
    }
}
