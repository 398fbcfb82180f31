using System.Text.Json.Serialization;

namespace Methods400.Filings;

/// <summary>An invoice.</summary>
internal sealed class Sale
{
    public required string Invoice { get; init; }

    public required DateOnly Date { get; init; }

    public required Customer Customer { get; init; }

    public string Currency { get; set; } = "EUR";

    public required IReadOnlyList<SaleLine> Lines { get; init; }

    /// <summary>A customer with a VAT number pays the tax himself.</summary>
    [JsonIgnore]
    public bool IsToBusiness => Customer.VatNumber is not null;
}

internal sealed class Customer
{
    public required string Name { get; init; }

    public required string Country { get; init; }

    /// <summary>With its country's prefix; null: a consumer.</summary>
    public string? VatNumber { get; init; }
}

internal sealed class SaleLine
{
    public required string Article { get; init; }

    /// <summary>One of <see cref="Filings.Category"/>.</summary>
    public string Category { get; set; } = nameof(Filings.Category.General);

    /// <summary>Below 0: given back.</summary>
    public required decimal Quantity { get; init; }

    /// <summary>Before tax, in the invoice's currency.</summary>
    public required decimal UnitPrice { get; init; }

    [JsonIgnore]
    public decimal Net => Quantity * UnitPrice;
}
