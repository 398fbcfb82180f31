using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PodPool.Functions;

namespace PodPool.Rehearsal;

/// <summary>
/// What functions' own code commonly does: money and dates through JSON, by reflection and by generated code, and through LINQ. The
/// framework's generic code over <see cref="decimal"/> and the like is in no compiled image, so what is not run here is compiled at
/// a first request. Few types on purpose: each costs an idle pod memory.
/// </summary>
public sealed class WorkRehearsal : IHttpFunction
{
    private static readonly JsonSerializerOptions ByReflection = new(JsonSerializerDefaults.Web);

    public async Task HandleAsync(HttpContext context)
    {
        var order = await context.Request.ReadFromJsonAsync(OrderJson.Default.Order, context.RequestAborted) ?? throw new JsonException("no order");
        using var copy = new MemoryStream();
        await JsonSerializer.SerializeAsync(copy, order, ByReflection, context.RequestAborted);
        copy.Position = 0;
        var read = await JsonSerializer.DeserializeAsync<Order>(copy, ByReflection, context.RequestAborted);

        // More than one segment of the server's output: that is written another way.
        var note = SummaryOf(read!).PadRight(6000);
        await context.Response.WriteAsJsonAsync(read! with { Note = note }, OrderJson.Default.Order, cancellationToken: context.RequestAborted);
    }

    private static string SummaryOf(Order order)
    {
        var articles = order.Lines.GroupBy(line => line.Article, StringComparer.Ordinal)
            .Select(group => new Line(group.Key, group.Sum(line => line.Count), group.Sum(line => line.Price)))
            .Where(line => line.Count > 0)
            .OrderByDescending(line => line.Price).ThenBy(line => line.Article, StringComparer.Ordinal)
            .ToList();
        articles.Sort((left, right) => left.Price.CompareTo(right.Price));
        var prices = order.Lines.GroupBy(line => line.Price).Select(group => group.Key).Order().ToArray();
        var byArticle = order.Lines.ToLookup(line => line.Article, StringComparer.Ordinal);
        var counts = articles.ToDictionary(line => line.Article, line => line.Count, StringComparer.Ordinal);
        string[] names = [.. order.Lines.SelectMany(line => byArticle[line.Article]).Select(line => line.Article).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join(", ", names)}: {order.Lines.Sum(line => line.Count * line.Price):#,##0.00} by {order.Due:yyyy-MM-dd}, {prices.Length} {counts.Values.Max()} {prices.Average()}");
    }
}

/// <summary>One read by its constructor with so many parameters, ...</summary>
public sealed record Order(string Number, DateOnly Due, decimal Total, long Customer, IReadOnlyList<Line> Lines, string? Note = null);

/// <summary>... and one with so few that the serializer takes another way.</summary>
public sealed record Line(string Article, int Count, decimal Price);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Order))]
internal sealed partial class OrderJson : JsonSerializerContext;
