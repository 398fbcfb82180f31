using Methods400.Filings;

namespace Methods400.Checks;

internal sealed class LinesCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
    {
        if (sale.Lines.Count == 0)
        {
            yield return "The invoice has no lines.";
        }
    }
}

internal sealed class ArticleCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
        => sale.Lines.Where(line => string.IsNullOrWhiteSpace(line.Article)).Select(line => $"A line over {line.Net} {sale.Currency} names no article.");
}

internal sealed class CategoryCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
        => sale.Lines.Where(line => !IsKnown(line)).Select(line => $"'{line.Category}', the category of '{line.Article}', is none.");

    private static bool IsKnown(SaleLine line) => Categories.Find(line.Category) is not null;
}

internal sealed class QuantityCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
        => sale.Lines.Where(line => line.Quantity == 0).Select(line => $"The quantity of '{line.Article}' is 0.");
}

internal sealed class PriceCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
        => sale.Lines.Where(line => line.UnitPrice < 0).Select(line => $"The price of '{line.Article}' is below 0: make the quantity negative to credit it.");
}

internal sealed class CreditCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
    {
        if (IsMixed(sale))
        {
            yield return "An invoice either sells or credits; this one does both.";
        }
    }

    private static bool IsMixed(Sale sale) => sale.Lines.Any(IsSold) && sale.Lines.Any(IsCredited);

    private static bool IsSold(SaleLine line) => line.Quantity > 0;

    private static bool IsCredited(SaleLine line) => line.Quantity < 0;
}
