namespace Methods400.Returns;

/// <summary>What the seller likes to know beside what is owed.</summary>
internal static class Figures
{
    public static DomesticSales DomesticOf(IReadOnlyCollection<EuroLine> lines) => new()
    {
        Count = CountOfSales(lines),
        Net = NetOf(lines),
        Tax = lines.GroupBy(line => line.Rate).Sum(rate => rate.Key.TaxOn(NetOf(rate))),
    };

    public static IReadOnlyList<MonthTotal> MonthsOf(IEnumerable<EuroLine> lines)
        => [.. lines.GroupBy(line => line.Month, StringComparer.Ordinal).Select(OfMonth).OrderBy(month => month.Month, StringComparer.Ordinal)];

    private static decimal NetOf(IEnumerable<EuroLine> lines) => lines.Sum(line => line.Net);

    private static int CountOfSales(IEnumerable<EuroLine> lines) => lines.Select(line => line.Sale.Invoice).Distinct(StringComparer.Ordinal).Count();

    private static MonthTotal OfMonth(IGrouping<string, EuroLine> lines)
    {
        var count = CountOfSales(lines);
        var net = NetOf(lines);
        return new MonthTotal { Month = lines.Key, Sales = count, Net = net, Average = decimal.Round(net / count, 2) };
    }
}
