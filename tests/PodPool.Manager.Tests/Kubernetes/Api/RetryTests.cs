using System.Diagnostics.Metrics;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Api;

public class RetryTests
{
    private static readonly ObjectName A = new("default", "a");
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentClock _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Waits_as_long_as_the_server_asks_even_to_create()
    {
        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect();
        server.Fail(_ => new FakeFault.Refused(429, "TooManyRequests", RetryAfter: "7"), times: 2);
        var begun = _time.GetUtcNow();
        var creation = api.Resource<Widget>().CreateAsync(Widget.Of("a"), Test);
        await _time.AdvanceUntilAsync(() => creation.IsCompleted, Step);
        Assert.Equal("a", (await creation).Metadata.Name);
        Assert.InRange(_time.GetUtcNow() - begun, TimeSpan.FromSeconds(14), TimeSpan.FromSeconds(16));
    }

    [Fact]
    public async Task Waits_no_longer_than_is_reasonable()
    {
        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect(options: new() { LongestRetryAfter = TimeSpan.FromSeconds(3) });
        server.Store.Create(Widget.Of("a"));
        server.Fail(_ => new FakeFault.Refused(429, "TooManyRequests", RetryAfter: _time.GetUtcNow().AddHours(1).ToString("R")), times: 1);
        var begun = _time.GetUtcNow();
        var reading = api.Resource<Widget>().GetAsync(A, Test);
        await _time.AdvanceUntilAsync(() => reading.IsCompleted, Step);
        await reading;
        Assert.InRange(_time.GetUtcNow() - begun, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task What_is_as_good_twice_is_tried_again_a_bounded_number_of_times(int code)
    {
        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect(options: new() { Attempts = 4 });
        server.Store.Create(Widget.Of("a"));
        server.Fail(_ => new FakeFault.Refused(code, "InternalError"));
        var patch = api.Resource<Widget>().PatchStatusAsync(A, new System.Text.Json.Nodes.JsonObject { ["ready"] = 1 }, null, Test);
        await _time.AdvanceUntilAsync(() => patch.IsCompleted, Step);
        Assert.Equal(ApiFailure.Unavailable, (await Assert.ThrowsAsync<ApiException>(() => patch)).Failure);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_creation_that_may_have_happened_is_not_tried_again()
    {
        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect();
        server.Fail(_ => new FakeFault.Refused(500, "InternalError"), times: 1);
        await Assert.ThrowsAsync<ApiException>(() => api.Resource<Widget>().CreateAsync(Widget.Of("a"), Test));
        server.Fail(_ => new FakeFault.Dropped(IsDone: true), times: 1);
        var lost = await Assert.ThrowsAsync<ApiException>(() => api.Resource<Widget>().CreateAsync(Widget.Of("a"), Test));
        Assert.Equal(ApiFailure.Unreachable, lost.Failure);
        Assert.Equal(2, server.Requests.Count);
        Assert.NotNull(server.Store.Find(Widget.FakeKind, A));
    }

    [Fact]
    public async Task A_broken_connection_is_tried_again_for_reads_and_deletions()
    {
        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect();
        server.Store.Create(Widget.Of("a"));
        server.Fail(_ => new FakeFault.Dropped(), times: 2);
        var reading = api.Resource<Widget>().GetAsync(A, Test);
        await _time.AdvanceUntilAsync(() => reading.IsCompleted, Step);
        await reading;

        // The first attempt did it.
        server.Fail(_ => new FakeFault.Dropped(IsDone: true), times: 1);
        var deletion = api.Resource<Widget>().DeleteAsync(A, null, null, Test);
        await _time.AdvanceUntilAsync(() => deletion.IsCompleted, Step);
        await deletion;
        Assert.Null(server.Store.Find(Widget.FakeKind, A));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up_and_asked_again()
    {
        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect();
        server.Store.Create(Widget.Of("a"));
        var never = new TaskCompletionSource();
        server.Fail(_ => new FakeFault.Held(never.Task), times: 1);
        var reading = api.Resource<Widget>().GetAsync(A, Test);
        await Eventually.IsSoAsync(() => server.Requests.Count == 1);
        await _time.AdvanceUntilAsync(() => reading.IsCompleted, TimeSpan.FromSeconds(1));
        await reading;
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Nobody_there_is_said_to_be_unreachable()
    {
        KubernetesApi api;
        await using (var server = await FakeApiServer.StartAsync(_time))
        {
            api = server.Connect(options: new() { Attempts = 1 });
        }

        using (api)
        {
            var exception = await Assert.ThrowsAsync<ApiException>(() => api.Resource<Widget>().GetAsync(A, Test));
            Assert.Equal(ApiFailure.Unreachable, exception.Failure);
            Assert.StartsWith("cannot get widgets.test.podpool.dev: ", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_caller_who_leaves_ends_the_waiting()
    {
        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect();
        server.Fail(_ => new FakeFault.Refused(503, "ServiceUnavailable", RetryAfter: "20"));
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Test);
        var reading = api.Resource<Widget>().GetAsync(A, leaving.Token);
        await Eventually.IsSoAsync(() => server.Requests.Count == 1);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task Writes_wait_for_their_limit_while_reads_and_the_lease_pass()
    {
        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect(options: new() { WriteBurst = 2, WritesPerSecond = 1 });
        var widgets = api.Resource<Widget>();

        // The limiter has a clock of its own, and no more than a few seconds pass here.
        var creations = Enumerable.Range(0, 60).Select(number => widgets.CreateAsync(Widget.Of($"w{number}"), CancellationToken.None)).ToList();
        await Eventually.IsSoAsync(() => creations.Count(creation => creation.IsCompletedSuccessfully) >= 2);
        await widgets.ListAsync(0, null, Test);
        await api.Resource<V1Lease>(urgent: true).CreateAsync(new() { Metadata = new() { NamespaceProperty = "default", Name = "l" } }, Test);
        Assert.InRange(creations.Count(creation => creation.IsCompleted), 2, 50);
    }

    [Fact]
    public async Task What_waited_for_the_limit_goes_when_its_turn_comes()
    {
        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect(options: new() { WriteBurst = 1, WritesPerSecond = 50 });
        var widgets = api.Resource<Widget>();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(number => widgets.CreateAsync(Widget.Of($"w{number}"), Test)));

        Assert.Equal(10, (await widgets.ListAsync(0, null, Test)).Items.Count);
    }

    [Fact]
    public async Task Every_attempt_is_counted_by_verb_resource_and_status()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new ApiMetrics(services.GetRequiredService<IMeterFactory>(), "test");
        var counted = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Scope == services.GetRequiredService<IMeterFactory>())
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => counted.Add(string.Join(' ', tags.ToArray().Select(tag => tag.Value))));
        listener.Start();

        await using var server = await FakeApiServer.StartAsync(_time);
        using var api = server.Connect(metrics: metrics);
        server.Store.Create(Widget.Of("a"));
        server.Fail(_ => new FakeFault.Refused(503, "ServiceUnavailable"), times: 1);
        var patch = api.Resource<Widget>().PatchStatusAsync(A, new System.Text.Json.Nodes.JsonObject { ["ready"] = 1 }, null, Test);
        await _time.AdvanceUntilAsync(() => patch.IsCompleted, Step);
        Assert.Equal(["patch widgets.test.podpool.dev/status 503", "patch widgets.test.podpool.dev/status 200"], counted);
    }

    [Fact]
    public void Backing_off_doubles_up_to_a_limit_and_is_never_the_same_for_all()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));
        for (var failures = 1; failures < 100; failures++)
        {
            var whole = TimeSpan.FromMilliseconds(Math.Min(5000, 100 * Math.Pow(2, failures - 1)));
            Assert.InRange(backoff.After(failures), whole / 2, whole);
        }

        Assert.True(Enumerable.Range(0, 20).Select(_ => backoff.After(5)).Distinct().Count() > 10);
    }
}
