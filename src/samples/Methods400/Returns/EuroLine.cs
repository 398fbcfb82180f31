using Methods400.Countries;
using Methods400.Filings;

namespace Methods400.Returns;

/// <summary>One line of a sale, in euros.</summary>
internal sealed record EuroLine(Sale Sale, SaleLine Line, Country Country, decimal Net)
{
    /// <summary>The rate of the country that the goods go to.</summary>
    public decimal Rate => Country.RateOf(Line.Category);

    public string Month => $"{Sale.Date:yyyy-MM}";
}
