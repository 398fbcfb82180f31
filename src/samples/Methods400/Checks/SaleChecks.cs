using Methods400.Filings;

namespace Methods400.Checks;

/// <summary>All checks, in the order in which a clerk would make them.</summary>
internal sealed class SaleChecks
{
    private readonly SaleCheck[] _checks =
    [
        new InvoiceNumberCheck(), new InvoiceOnceCheck(), new DateCheck(), new CurrencyCheck(),
        new CustomerNameCheck(), new CustomerCountryCheck(), new VatNumberPrefixCheck(), new VatNumberDigitsCheck(),
        new LinesCheck(), new ArticleCheck(), new CategoryCheck(), new QuantityCheck(), new PriceCheck(), new CreditCheck(),
    ];

    public IReadOnlyList<string> ProblemsOf(Sale sale, Filing filing) => [.. _checks.SelectMany(check => check.ProblemsOf(sale, filing))];
}
