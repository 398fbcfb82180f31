namespace Methods400.Returns;

/// <summary>What the seller owes, to whom, and what could not be taken into account. Amounts are euros.</summary>
internal sealed class VatReturn
{
    public required string Seller { get; init; }

    public required string Quarter { get; init; }

    public required DateOnly Due { get; init; }

    public required decimal Taxable { get; init; }

    public required decimal Tax { get; init; }

    public required IReadOnlyList<CountryReturn> Countries { get; init; }

    /// <summary>Sales to businesses abroad, which owe the tax themselves.</summary>
    public required IReadOnlyList<ReverseChargedSale> ReverseCharged { get; init; }

    public required DomesticSales Domestic { get; init; }

    public required IReadOnlyList<MonthTotal> Months { get; init; }

    public required IReadOnlyList<RefusedSale> Refused { get; init; }

    /// <summary>The same as a text.</summary>
    public string Statement { get; set; } = "";
}

internal sealed class CountryReturn
{
    public required string Code { get; init; }

    public required string Name { get; init; }

    public required decimal Taxable { get; init; }

    public required decimal Tax { get; init; }

    public required IReadOnlyList<RateTotal> Rates { get; init; }
}

internal sealed class RateTotal
{
    /// <summary>Percent.</summary>
    public required decimal Rate { get; init; }

    public required decimal Taxable { get; init; }

    public required decimal Tax { get; init; }
}

internal sealed class ReverseChargedSale
{
    public required string Invoice { get; init; }

    public required string Customer { get; init; }

    public required string VatNumber { get; init; }

    public required decimal Net { get; init; }

    /// <summary>What the invoice must say.</summary>
    public required string Note { get; init; }
}

/// <summary>Sales in the seller's own country: they go into its ordinary return, not into this one.</summary>
internal sealed class DomesticSales
{
    public required int Count { get; init; }

    public required decimal Net { get; init; }

    public required decimal Tax { get; init; }
}

internal sealed class MonthTotal
{
    /// <summary>As in 2025-10.</summary>
    public required string Month { get; init; }

    public required int Sales { get; init; }

    public required decimal Net { get; init; }

    public required decimal Average { get; init; }
}

internal sealed class RefusedSale
{
    public required string Invoice { get; init; }

    public required IReadOnlyList<string> Problems { get; init; }
}
