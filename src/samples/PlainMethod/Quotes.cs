namespace PlainMethod;

/// <summary>Prices a parcel. A plain class: it references nothing of PodPool, and would run anywhere else as well.</summary>
/// <example>
/// <code>
/// podpool deploy src/samples/PlainMethod --name quotes --entry-point PlainMethod::PlainMethod.Quotes::Calculate
/// curl http://127.0.0.1:8080/default/quotes --json '{"weight":2.4,"length":40,"width":30,"height":20,"zone":"Abroad","express":true}'
/// </code>
/// </example>
public sealed class Quotes
{
    /// <summary>Carriers charge a light, large parcel as if 5,000 cm³ weighed a kilogram.</summary>
    private const decimal CubicCentimetresPerKilogram = 5000;

    private const decimal MaxWeight = 31.5m;

    /// <summary>The price of a parcel, and how it came about.</summary>
    public static Quote Calculate(Parcel parcel)
    {
        ArgumentNullException.ThrowIfNull(parcel);
        if (Refusal(parcel) is { } refusal)
        {
            return new Quote(Price: null, ChargedWeight: null, [], refusal);
        }

        var volumetric = parcel.Length * parcel.Width * parcel.Height / CubicCentimetresPerKilogram;
        var charged = Math.Ceiling(Math.Max(parcel.Weight, volumetric) * 2) / 2;
        var items = new List<QuoteItem> { new("base", BaseOf(parcel.Zone)), new("weight", charged * PerKilogramOf(parcel.Zone)) };
        if (parcel.Express)
        {
            items.Add(new("express", decimal.Round(items.Sum(item => item.Amount) * 0.6m, 2)));
        }

        if (parcel.Insured > 500)
        {
            items.Add(new("insurance", decimal.Round((parcel.Insured - 500) * 0.01m, 2)));
        }

        return new Quote(items.Sum(item => item.Amount), charged, items, Refused: null);
    }

    private static string? Refusal(Parcel parcel)
    {
        if (parcel.Weight <= 0)
        {
            return "weight must be above 0 kg";
        }

        if (parcel.Weight > MaxWeight)
        {
            return $"weight must not be above {MaxWeight} kg";
        }

        return parcel.Length <= 0 || parcel.Width <= 0 || parcel.Height <= 0 ? "length, width and height must be above 0 cm"
            : parcel.Length + (2 * (parcel.Width + parcel.Height)) > 360 ? "length and girth together must not be above 360 cm"
            : parcel.Zone is null or not ("Home" or "Neighbour" or "Abroad") ? "zone must be Home, Neighbour or Abroad"
            : null;
    }

    private static decimal BaseOf(string? zone) => zone switch { "Home" => 4.50m, "Neighbour" => 8.90m, _ => 16.40m };

    private static decimal PerKilogramOf(string? zone) => zone switch { "Home" => 0.35m, "Neighbour" => 0.80m, _ => 3.10m };
}

/// <summary>What is to be sent.</summary>
/// <param name="Weight">Kilograms.</param>
/// <param name="Length">Centimetres.</param>
/// <param name="Width">Centimetres.</param>
/// <param name="Height">Centimetres.</param>
/// <param name="Zone">Home, Neighbour or Abroad.</param>
/// <param name="Express">Delivered the next day.</param>
/// <param name="Insured">Euros; 500 are included.</param>
public sealed record Parcel(decimal Weight, decimal Length, decimal Width, decimal Height, string? Zone, bool Express = false, decimal Insured = 0);

/// <summary>What it costs.</summary>
/// <param name="Price">Euros; null if the parcel is refused.</param>
/// <param name="ChargedWeight">Kilograms, in halves.</param>
/// <param name="Items">What the price is made of.</param>
/// <param name="Refused">Why the parcel cannot be sent; null if it can.</param>
public sealed record Quote(decimal? Price, decimal? ChargedWeight, IReadOnlyList<QuoteItem> Items, string? Refused);

/// <summary>One part of a price, in euros.</summary>
public sealed record QuoteItem(string Name, decimal Amount);
