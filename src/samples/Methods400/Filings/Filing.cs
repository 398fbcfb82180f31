using System.Text.Json.Serialization;

namespace Methods400.Filings;

/// <summary>A quarter's sales of one seller to customers in the European Union.</summary>
/// <param name="ExchangeRates">What one euro is worth on the quarter's last day, by currency.</param>
internal sealed record Filing(
    Seller Seller,
    Quarter Quarter,
    IReadOnlyDictionary<string, decimal> ExchangeRates,
    IReadOnlyList<Sale> Sales);

internal sealed record Seller(string Name, string Country, string VatNumber);

internal sealed record Sale(string Invoice, DateOnly Date, Customer Customer, string Currency, IReadOnlyList<SaleLine> Lines)
{
    /// <summary>Before tax, in the invoice's currency.</summary>
    [JsonIgnore]
    public decimal Net => Lines.Sum(line => line.Net);

    /// <summary>A customer with a VAT number pays the tax himself.</summary>
    [JsonIgnore]
    public bool IsToBusiness => Customer.VatNumber is not null;
}

/// <param name="VatNumber">With its country's prefix; null: a consumer.</param>
internal sealed record Customer(string Name, string Country, string? VatNumber);

/// <param name="UnitPrice">Before tax, in the invoice's currency.</param>
internal sealed record SaleLine(string Article, Category Category, decimal Quantity, decimal UnitPrice)
{
    [JsonIgnore]
    public decimal Net => Quantity * UnitPrice;
}

/// <summary>What the countries have rates of their own for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Category>))]
internal enum Category
{
    General,
    Food,
    Books,
    Newspapers,
    Medicines,
}
