namespace Methods400.Returns;

/// <summary>What the seller owes, to whom, and what could not be taken into account. Amounts are euros.</summary>
internal sealed record VatReturn(
    string Seller,
    string Quarter,
    DateOnly Due,
    decimal Taxable,
    decimal Tax,
    IReadOnlyList<CountryReturn> Countries,
    IReadOnlyList<ReverseChargedSale> ReverseCharged,
    DomesticSales Domestic,
    IReadOnlyList<MonthTotal> Months,
    IReadOnlyList<CategoryTotal> Categories,
    IReadOnlyList<BestSeller> BestSellers,
    IReadOnlyList<RefusedSale> Refused,
    string Statement);

internal sealed record CountryReturn(string Code, string Name, decimal Taxable, decimal Tax, IReadOnlyList<RateTotal> Rates);

/// <param name="Rate">Percent.</param>
internal sealed record RateTotal(decimal Rate, decimal Taxable, decimal Tax);

internal sealed record ReverseChargedSale(string Invoice, string Customer, string VatNumber, decimal Net, string Note);

/// <summary>Sales in the seller's own country: they go into its ordinary return, not into this one.</summary>
internal sealed record DomesticSales(int Count, decimal Net, decimal Tax);

internal sealed record MonthTotal(string Month, int Sales, decimal Net, decimal Average, decimal Largest);

internal sealed record CategoryTotal(string Category, decimal Net, decimal Share, IReadOnlyList<string> Countries);

internal sealed record BestSeller(string Article, decimal Quantity, decimal Net);

internal sealed record RefusedSale(string Invoice, IReadOnlyList<string> Problems);
