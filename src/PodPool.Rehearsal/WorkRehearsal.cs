using System.Buffers;
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

    // Two of what is looked for most: the framework has other code for sets that differ in their lower half bytes and for those that do not.
    private static readonly SearchValues<char> Markup = SearchValues.Create("<>&\"");
    private static readonly SearchValues<char> Separators = SearchValues.Create(" \t\r\n;,=");

    public async Task HandleAsync(HttpContext context)
    {
        var order = await context.Request.ReadFromJsonAsync(OrderJson.Default.Order, context.RequestAborted) ?? throw new JsonException("no order");
        using var copy = new MemoryStream();

        // More than one buffer: that is read another way.
        var much = Enumerable.Range(0, 300).Select(number => new Parcel { Code = $"3SXYZ{number:0000000}", Weight = 1, PricePerKilogram = 2 });
        await JsonSerializer.SerializeAsync(copy, order with { Parcels = [.. order.Parcels, .. much] }, ByReflection, context.RequestAborted);
        copy.Position = 0;
        var read = await JsonSerializer.DeserializeAsync<Order>(copy, ByReflection, context.RequestAborted);
        copy.Position = 0;
        read = await JsonSerializer.DeserializeAsync(copy, OrderJson.Default.Order, context.RequestAborted) ?? read;

        // More than one segment of the server's output: that is written another way.
        var note = $"{SummaryOf(read!)} {StockOf(read!)}".PadRight(6000);
        await context.Response.WriteAsJsonAsync(read! with { Note = note, Parcels = order.Parcels }, OrderJson.Default.Order, cancellationToken: context.RequestAborted);
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

    /// <summary>Dictionaries through LINQ, in pairs of two references: one shape, whatever is in them. And text that is looked through.</summary>
    private static string StockOf(Order order)
    {
        var countries = order.Parcels.ToDictionary(parcel => parcel.Code, parcel => parcel.Country, StringComparer.Ordinal);
        var pairs = countries.Where(pair => pair.Value.Length > 0).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToArray();
        var copy = pairs.ToDictionary(StringComparer.Ordinal);
        var renamed = copy.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        var byCountry = renamed.Where(pair => pair.Key.Length > 0).OrderBy(pair => pair.Value, StringComparer.Ordinal).ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .ToLookup(pair => pair.Value, pair => pair.Key);
        var groups = renamed.GroupBy(pair => pair.Value, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        var list = renamed.OrderByDescending(pair => pair.Key, StringComparer.Ordinal).ToList();
        var text = string.Join("; ", list.Take(3).Select(pair => $"{pair.Key} = {pair.Value}").Concat(byCountry.Select(group => group.Key)).Concat(groups.Keys));
        Action<string, string> told = static (_, _) => { };
        told += static (_, _) => { };
        told(text, text);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{order.Parcels.Sum(parcel => parcel.Price)} {text.AsSpan().IndexOfAny(Markup)} {text.AsSpan().IndexOfAny(Separators)} {text.AsSpan().IndexOfAnyExcept(Separators)} {text.AsSpan().LastIndexOf('/')}");
    }
}

/// <summary>One read by its constructor with so many parameters, ...</summary>
public sealed record Order(string Number, DateOnly Due, decimal Total, long Customer, IReadOnlyList<Line> Lines, IReadOnlyList<Parcel> Parcels, string? Note = null);

/// <summary>... and one with so few that the serializer takes another way.</summary>
public sealed record Line(string Article, int Count, decimal Price);

/// <summary>... and one in the style of required properties, with others that need not be there and one that is computed.</summary>
public sealed class Parcel
{
    public required string Code { get; init; }

    public required decimal Weight { get; init; }

    public required decimal PricePerKilogram { get; init; }

    public string Country { get; set; } = "NL";

    [JsonIgnore]
    public decimal Price => Weight * PricePerKilogram;
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Order))]
internal sealed partial class OrderJson : JsonSerializerContext;
