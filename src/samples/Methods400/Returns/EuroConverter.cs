using Methods400.Countries;
using Methods400.Filings;

namespace Methods400.Returns;

/// <summary>Converts by the rates of the quarter's last day, as article 366 of directive 2006/112/EC asks.</summary>
internal sealed class EuroConverter(IReadOnlyDictionary<string, decimal> rates)
{
    public IEnumerable<EuroLine> LinesOf(Sale sale)
        => sale.Lines.Select(line => new EuroLine(sale, line, MemberStates.Get(sale.Customer.Country), ToEuro(line.Net, sale.Currency)));

    private decimal ToEuro(decimal amount, string currency) => IsEuro(currency) ? amount : RoundToCent(amount / rates[currency]);

    private static bool IsEuro(string currency) => currency == "EUR";

    private static decimal RoundToCent(decimal amount) => decimal.Round(amount, 2, MidpointRounding.AwayFromZero);
}
