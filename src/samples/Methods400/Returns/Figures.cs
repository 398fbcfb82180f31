namespace Methods400.Returns;

/// <summary>What the seller likes to know beside what is owed.</summary>
internal static class Figures
{
    private const int MostBestSellers = 5;

    public static DomesticSales DomesticOf(IReadOnlyCollection<EuroLine> lines) => new()
    {
        Count = CountOfSales(lines),
        Net = NetOf(lines),
        Tax = lines.GroupBy(line => line.Rate).Sum(rate => rate.Key.TaxOn(NetOf(rate))),
    };

    public static IReadOnlyList<MonthTotal> MonthsOf(IEnumerable<EuroLine> lines)
        => [.. lines.GroupBy(line => line.Month, StringComparer.Ordinal).Select(OfMonth).OrderBy(month => month.Month, StringComparer.Ordinal)];

    public static IReadOnlyList<CategoryTotal> CategoriesOf(IReadOnlyCollection<EuroLine> lines)
    {
        var all = NetOf(lines);
        var totals = lines.GroupBy(line => line.Line.Category, StringComparer.Ordinal).Select(group => OfCategory(group, all)).ToList();
        totals.Sort(LargestFirst);
        return totals;
    }

    public static IReadOnlyList<BestSeller> BestSellersOf(IEnumerable<EuroLine> lines)
    {
        var articles = lines.GroupBy(line => line.Line.Article, StringComparer.OrdinalIgnoreCase).Select(OfArticle).Where(WasSold).ToList();
        articles.Sort(BestFirst);
        return [.. articles.Take(MostBestSellers)];
    }

    private static decimal NetOf(IEnumerable<EuroLine> lines) => lines.Sum(line => line.Net);

    private static int CountOfSales(IEnumerable<EuroLine> lines) => lines.Select(line => line.Sale.Invoice).Distinct(StringComparer.Ordinal).Count();

    private static MonthTotal OfMonth(IGrouping<string, EuroLine> lines)
    {
        var count = CountOfSales(lines);
        var net = NetOf(lines);
        return new MonthTotal { Month = lines.Key, Sales = count, Net = net, Average = decimal.Round(net / count, 2) };
    }

    private static CategoryTotal OfCategory(IGrouping<string, EuroLine> lines, decimal all)
    {
        var net = NetOf(lines);
        return new CategoryTotal { Category = lines.Key, Net = net, Share = ShareOf(net, all), Countries = CountriesOf(lines) };
    }

    private static decimal ShareOf(decimal part, decimal whole) => whole == 0 ? 0 : decimal.Round(part / whole, 4);

    private static IReadOnlyList<string> CountriesOf(IEnumerable<EuroLine> lines)
        => [.. lines.Select(line => line.Country.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static BestSeller OfArticle(IGrouping<string, EuroLine> lines)
        => new() { Article = lines.Key, Quantity = lines.Sum(line => line.Line.Quantity), Net = NetOf(lines) };

    private static bool WasSold(BestSeller article) => article.Quantity > 0;

    private static int LargestFirst(CategoryTotal left, CategoryTotal right) => right.Net.CompareTo(left.Net);

    private static int BestFirst(BestSeller left, BestSeller right)
        => right.Net.CompareTo(left.Net) is var order && order != 0 ? order : string.CompareOrdinal(left.Article, right.Article);
}
