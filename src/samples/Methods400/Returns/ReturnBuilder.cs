using Methods400.Checks;
using Methods400.Countries;
using Methods400.Filings;

namespace Methods400.Returns;

/// <summary>Makes the One-Stop-Shop return of a quarter.</summary>
internal sealed class ReturnBuilder(Filing filing)
{
    private readonly SaleChecks _checks = new();
    private readonly EuroConverter _converter = new(filing.ExchangeRates);
    private readonly List<RefusedSale> _refused = [];

    public VatReturn Build()
    {
        var lines = filing.Sales.Where(IsAccepted).SelectMany(_converter.LinesOf).ToList();
        var kinds = lines.ToLookup(KindOf, StringComparer.Ordinal);
        var countries = CountryReturns.Of(kinds["consumer"]);
        var result = new VatReturn
        {
            Seller = filing.Seller.Name,
            Quarter = filing.Quarter.ToString(),
            Due = filing.Quarter.Due,
            Taxable = countries.Sum(country => country.Taxable),
            Tax = countries.Sum(country => country.Tax),
            Countries = countries,
            ReverseCharged = ReverseCharge.Of(kinds["business"]),
            Domestic = Figures.DomesticOf([.. kinds["domestic"]]),
            Months = Figures.MonthsOf(lines),
            Refused = _refused,
        };
        result.Statement = new Statement(filing.Seller, result).ToString();
        return result;
    }

    private bool IsAccepted(Sale sale)
    {
        var problems = _checks.ProblemsOf(sale, filing);
        if (problems.Count > 0)
        {
            _refused.Add(new RefusedSale { Invoice = sale.Invoice, Problems = problems });
        }

        return problems.Count == 0;
    }

    private string KindOf(EuroLine line) => IsDomestic(line.Country) ? "domestic" : line.Sale.IsToBusiness ? "business" : "consumer";

    private bool IsDomestic(Country country) => country.Code == filing.Seller.Country;
}
