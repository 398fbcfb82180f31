using System.Collections.Concurrent;
using CloudNative.CloudEvents;
using Microsoft.Extensions.Logging;
using PodPool.Functions;

namespace CloudEvents;

/// <summary>Keeps a count of stock from the events that a warehouse sends, in binary or structured mode.</summary>
/// <example>
/// <code>
/// podpool deploy src/samples/CloudEvents --name stock
/// curl -i http://127.0.0.1:8080/default/stock --json '{"article":"lamp","change":-2}' \
///   -H 'ce-specversion: 1.0' -H 'ce-id: 1' -H 'ce-source: /warehouse/7' -H 'ce-type: com.example.stock.moved'
/// </code>
/// </example>
public sealed partial class StockFunction(ILogger<StockFunction> logger) : ICloudEventFunction<StockMoved>
{
    /// <summary>The one event type that counts; others are acknowledged and left alone.</summary>
    public const string StockMovedType = "com.example.stock.moved";

    private readonly ConcurrentDictionary<string, int> _stock = new(StringComparer.Ordinal);

    // A sender may deliver an event twice; source and id together say that it is the same.
    private readonly ConcurrentDictionary<(Uri? Source, string? Id), bool> _seen = new();

    /// <summary>How many pieces of an article there are, as far as this instance has heard.</summary>
    public int StockOf(string article) => _stock.GetValueOrDefault(article);

    public Task HandleAsync(CloudEvent cloudEvent, StockMoved data, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cloudEvent);
        ArgumentNullException.ThrowIfNull(data);
        if (cloudEvent.Type != StockMovedType)
        {
            Log.Ignored(logger, cloudEvent.Type);
            return Task.CompletedTask;
        }

        if (string.IsNullOrWhiteSpace(data.Article))
        {
            throw new ArgumentException($"The event {cloudEvent.Id} of {cloudEvent.Source} names no article.", nameof(data));
        }

        if (!_seen.TryAdd((cloudEvent.Source, cloudEvent.Id), true))
        {
            Log.Repeated(logger, cloudEvent.Id, cloudEvent.Source);
            return Task.CompletedTask;
        }

        var stock = _stock.AddOrUpdate(data.Article, data.Change, (_, before) => before + data.Change);
        Log.Moved(logger, data.Article, data.Change, stock);
        return Task.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Article} moved by {Change}; stock is {Stock}")]
        public static partial void Moved(ILogger logger, string article, int change, int stock);

        [LoggerMessage(2, LogLevel.Information, "Event {Id} of {Source} came again")]
        public static partial void Repeated(ILogger logger, string? id, Uri? source);

        [LoggerMessage(3, LogLevel.Debug, "Events of type {Type} are not for this function")]
        public static partial void Ignored(ILogger logger, string? type);
    }
}

/// <summary>Pieces came into the warehouse, or left it.</summary>
/// <param name="Article">Which.</param>
/// <param name="Change">Pieces; negative: they left.</param>
public sealed record StockMoved(string? Article, int Change);
