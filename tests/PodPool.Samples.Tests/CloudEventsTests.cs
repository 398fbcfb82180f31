using CloudEvents;
using CloudNative.CloudEvents;
using Microsoft.Extensions.Logging.Abstractions;

namespace PodPool.Samples.Tests;

public sealed class CloudEventsTests
{
    private readonly StockFunction _function = new(NullLogger<StockFunction>.Instance);

    [Fact]
    public async Task Adds_up_what_moves()
    {
        await HandleAsync("1", new StockMoved("lamp", 10));
        await HandleAsync("2", new StockMoved("lamp", -3));

        Assert.Equal(7, _function.StockOf("lamp"));
        Assert.Equal(0, _function.StockOf("chair"));
    }

    [Fact]
    public async Task Counts_an_event_once_however_often_it_is_delivered()
    {
        await HandleAsync("1", new StockMoved("lamp", 10));
        await HandleAsync("1", new StockMoved("lamp", 10));
        await HandleAsync("1", new StockMoved("lamp", 5), source: "/warehouse/8");

        Assert.Equal(15, _function.StockOf("lamp"));
    }

    [Fact]
    public async Task Leaves_events_of_other_types_alone()
    {
        await HandleAsync("1", new StockMoved("lamp", 10), type: "com.example.stock.counted");

        Assert.Equal(0, _function.StockOf("lamp"));
    }

    [Fact]
    public async Task Does_not_acknowledge_an_event_without_an_article()
    {
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => HandleAsync("77", new StockMoved(" ", 1)));

        Assert.Contains("77", exception.Message, StringComparison.Ordinal);
    }

    private Task HandleAsync(string id, StockMoved data, string source = "/warehouse/7", string type = StockFunction.StockMovedType)
    {
        var cloudEvent = new CloudEvent { Id = id, Source = new Uri(source, UriKind.Relative), Type = type };
        return _function.HandleAsync(cloudEvent, data, TestContext.Current.CancellationToken);
    }
}
