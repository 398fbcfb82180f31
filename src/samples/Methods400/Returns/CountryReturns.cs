using Methods400.Countries;

namespace Methods400.Returns;

/// <summary>Adds up what is owed to each country, rate by rate.</summary>
internal static class CountryReturns
{
    public static IReadOnlyList<CountryReturn> Of(IEnumerable<EuroLine> lines)
        => [.. lines.GroupBy(line => line.Country).Select(OfCountry).OrderBy(country => country.Name, StringComparer.Ordinal)];

    private static CountryReturn OfCountry(IGrouping<Country, EuroLine> lines)
    {
        RateTotal[] rates = [.. lines.GroupBy(line => line.Rate).Select(group => OfRate(lines.Key, group)).OrderByDescending(total => total.Rate)];
        return new CountryReturn(lines.Key.Code, lines.Key.Name, rates.Sum(rate => rate.Taxable), rates.Sum(rate => rate.Tax), rates);
    }

    private static RateTotal OfRate(Country country, IGrouping<decimal, EuroLine> lines)
    {
        var taxable = lines.Sum(line => line.Net);
        return new RateTotal(lines.Key, taxable, country.TaxOn(taxable, lines.Key));
    }
}
