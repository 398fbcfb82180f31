using Methods400.Filings;

namespace Methods400.Returns;

/// <summary>What the seller likes to know beside what is owed.</summary>
internal static class Figures
{
    private const int MostBestSellers = 5;

    public static IReadOnlyList<MonthTotal> MonthsOf(IReadOnlyCollection<EuroLine> lines)
        => [.. lines.GroupBy(line => line.Month, StringComparer.Ordinal).Select(OfMonth).OrderBy(month => month.Month, StringComparer.Ordinal)];

    public static IReadOnlyList<CategoryTotal> CategoriesOf(IReadOnlyCollection<EuroLine> lines)
    {
        var all = lines.Sum(line => line.Net);
        return [.. lines.GroupBy(line => line.Line.Category).Select(group => OfCategory(group, all)).OrderByDescending(total => total.Net)];
    }

    public static IReadOnlyList<BestSeller> BestSellersOf(IReadOnlyCollection<EuroLine> lines)
        => [.. lines.GroupBy(line => line.Line.Article, StringComparer.OrdinalIgnoreCase)
            .Select(OfArticle)
            .Where(WasSold)
            .OrderByDescending(article => article.Net)
            .ThenBy(article => article.Article, StringComparer.Ordinal)
            .Take(MostBestSellers)];

    public static DomesticSales DomesticOf(IReadOnlyCollection<EuroLine> lines)
        => new(lines.Select(line => line.Sale).Distinct().Count(), lines.Sum(line => line.Net), lines.Sum(line => line.Country.TaxOn(line.Net, line.Rate)));

    private static MonthTotal OfMonth(IGrouping<string, EuroLine> lines)
    {
        var sales = lines.GroupBy(line => line.Sale).Select(sale => sale.Sum(line => line.Net)).ToList();
        return new MonthTotal(lines.Key, sales.Count, sales.Sum(), decimal.Round(sales.Average(), 2), sales.Max());
    }

    private static CategoryTotal OfCategory(IGrouping<Category, EuroLine> lines, decimal all)
    {
        var net = lines.Sum(line => line.Net);
        return new CategoryTotal(lines.Key.ToString(), net, ShareOf(net, all), CountriesOf(lines));
    }

    private static decimal ShareOf(decimal part, decimal whole) => whole == 0 ? 0 : decimal.Round(part / whole, 4);

    private static IReadOnlyList<string> CountriesOf(IEnumerable<EuroLine> lines)
        => [.. lines.Select(line => line.Country.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static BestSeller OfArticle(IGrouping<string, EuroLine> lines)
        => new(lines.Key, lines.Sum(line => line.Line.Quantity), lines.Sum(line => line.Net));

    private static bool WasSold(BestSeller article) => article.Quantity > 0;
}
