using Methods400.Countries;

namespace Methods400.Returns;

/// <summary>Adds up what is owed to each country, rate by rate.</summary>
internal static class CountryReturns
{
    public static IReadOnlyList<CountryReturn> Of(IEnumerable<EuroLine> lines)
        => [.. lines.GroupBy(line => line.Country).Select(OfCountry).OrderBy(country => country.Name, StringComparer.Ordinal)];

    private static CountryReturn OfCountry(IGrouping<Country, EuroLine> lines)
    {
        var rates = lines.GroupBy(line => line.Rate).Select(OfRate).ToList();
        rates.Sort(HighestFirst);
        return new CountryReturn
        {
            Code = lines.Key.Code,
            Name = lines.Key.Name,
            Taxable = rates.Sum(rate => rate.Taxable),
            Tax = rates.Sum(rate => rate.Tax),
            Rates = rates,
        };
    }

    private static RateTotal OfRate(IGrouping<VatRate, EuroLine> lines)
    {
        var taxable = lines.Sum(line => line.Net);
        return new RateTotal { Rate = lines.Key.Percent, Taxable = taxable, Tax = lines.Key.TaxOn(taxable) };
    }

    private static int HighestFirst(RateTotal left, RateTotal right) => right.Rate.CompareTo(left.Rate);
}
