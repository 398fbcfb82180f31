using Methods400.Filings;

namespace Methods400.Checks;

internal sealed class InvoiceNumberCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
    {
        if (string.IsNullOrWhiteSpace(sale.Invoice))
        {
            yield return "The invoice has no number.";
        }
    }
}

internal sealed class InvoiceOnceCheck : SaleCheck
{
    private Dictionary<string, int>? _count;

    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
    {
        _count ??= filing.Sales.Where(HasNumber).CountBy(NumberOf, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        if (HasNumber(sale) && _count[NumberOf(sale)] > 1)
        {
            yield return $"Invoice {NumberOf(sale)} is in the filing {_count[NumberOf(sale)]} times.";
        }
    }

    private static bool HasNumber(Sale sale) => !string.IsNullOrWhiteSpace(sale.Invoice);

    private static string NumberOf(Sale sale) => sale.Invoice.Trim();
}

internal sealed class DateCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
    {
        if (!filing.Quarter.Contains(sale.Date))
        {
            yield return $"The sale of {sale.Date:yyyy-MM-dd} is not one of {filing.Quarter} ({filing.Quarter.First:yyyy-MM-dd} to {filing.Quarter.Last:yyyy-MM-dd}).";
        }
    }
}

internal sealed class CurrencyCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
    {
        if (!IsEuro(sale) && !HasRate(sale, filing))
        {
            yield return $"There is no exchange rate for {sale.Currency}.";
        }
    }

    private static bool IsEuro(Sale sale) => sale.Currency == "EUR";

    private static bool HasRate(Sale sale, Filing filing) => filing.ExchangeRates.Any(rate => rate.Currency == sale.Currency && rate.PerEuro > 0);
}
