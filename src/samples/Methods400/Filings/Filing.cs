namespace Methods400.Filings;

/// <summary>A quarter's sales of one seller to customers in the European Union.</summary>
/// <remarks>What has a default is set and not init: code made for an init property sets it even when the JSON has none.</remarks>
internal sealed class Filing
{
    public required Seller Seller { get; init; }

    public required Quarter Quarter { get; init; }

    /// <summary>For every currency but the euro that was sold in.</summary>
    public IReadOnlyList<ExchangeRate> ExchangeRates { get; set; } = [];

    public required IReadOnlyList<Sale> Sales { get; init; }
}

internal sealed class Seller
{
    public required string Name { get; init; }

    public required string Country { get; init; }

    public required string VatNumber { get; init; }
}

internal sealed class ExchangeRate
{
    public required string Currency { get; init; }

    /// <summary>What one euro is worth on the quarter's last day.</summary>
    public required decimal PerEuro { get; init; }
}
