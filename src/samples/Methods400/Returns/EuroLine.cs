using System.Globalization;
using Methods400.Countries;
using Methods400.Filings;

namespace Methods400.Returns;

/// <summary>One line of a sale that passed the checks, in euros.</summary>
internal sealed class EuroLine(Sale sale, SaleLine line, Country country, decimal net)
{
    public Sale Sale => sale;

    public SaleLine Line => line;

    /// <summary>Where the goods go to.</summary>
    public Country Country => country;

    public decimal Net => net;

    public VatRate Rate { get; } = country.RateOf(Categories.Find(line.Category) ?? Category.General);

    public string Month => sale.Date.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
