using Microsoft.Extensions.Time.Testing;

namespace PodPool.Manager.Tests.Packages;

/// <summary>What was fetched once.</summary>
public sealed class PackageSourceTests
{
    private readonly FakePackage _package = new(("a.dll", "the code"u8.ToArray()), ("b.dll", "more"u8.ToArray()));

    [Fact]
    public async Task Functions_that_share_a_package_fetch_it_once()
    {
        await using var server = await FakeServer.StartAsync(_package.AnswerAsync);
        using var source = new SourceUnderTest(server.Host);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => source.PullAsync(_package.At(server.Host))));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task What_nobody_asked_for_since_is_forgotten()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await FakeServer.StartAsync(_package.AnswerAsync);
        using var source = new SourceUnderTest(server.Host, time: time);
        await source.PullAsync(_package.At(server.Host));
        Assert.Equal(0, source.Source.Collect(TimeSpan.FromHours(1)));
        time.Advance(TimeSpan.FromHours(2));
        await source.PullAsync(_package.At(server.Host));
        Assert.Equal(0, source.Source.Collect(TimeSpan.FromHours(1)));
        Assert.Equal(3, server.Requests.Count);

        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, source.Source.Collect(TimeSpan.FromHours(1)));
        await source.PullAsync(_package.At(server.Host));
        Assert.Equal(4, server.Requests.Count);
    }
}
