using Methods400.Countries;
using Methods400.Filings;

namespace Methods400.Returns;

/// <summary>Converts by the rates of the quarter's last day, as article 366 of directive 2006/112/EC asks.</summary>
internal sealed class EuroConverter(IEnumerable<ExchangeRate> rates)
{
    private readonly Dictionary<string, ExchangeRate> _rates = rates.ToDictionary(rate => rate.Currency, StringComparer.Ordinal);

    public IEnumerable<EuroLine> LinesOf(Sale sale) => sale.Lines.Select(line => new EuroLine(sale, line, CountryOf(sale), ToEuro(line.Net, sale.Currency)));

    private static Country CountryOf(Sale sale) => MemberStates.Get(sale.Customer.Country);

    private decimal ToEuro(decimal amount, string currency) => currency == "EUR" ? amount : RoundToCent(amount / _rates[currency].PerEuro);

    private static decimal RoundToCent(decimal amount) => decimal.Round(amount, 2, MidpointRounding.AwayFromZero);
}
