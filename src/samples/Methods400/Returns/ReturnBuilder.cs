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
        var draft = new VatReturn(
            filing.Seller.Name,
            filing.Quarter.ToString(),
            filing.Quarter.Due,
            countries.Sum(country => country.Taxable),
            countries.Sum(country => country.Tax),
            countries,
            ReverseCharge.Of(kinds["business"]),
            Figures.DomesticOf([.. kinds["domestic"]]),
            Figures.MonthsOf(lines),
            Figures.CategoriesOf(lines),
            Figures.BestSellersOf(lines),
            _refused,
            Statement: "");
        return draft with { Statement = new Statement(filing.Seller, draft).ToString() };
    }

    private bool IsAccepted(Sale sale)
    {
        var problems = _checks.ProblemsOf(sale, filing);
        if (problems.Count > 0)
        {
            _refused.Add(new RefusedSale(sale.Invoice, problems));
        }

        return problems.Count == 0;
    }

    private string KindOf(EuroLine line) => IsDomestic(line.Country) ? "domestic" : line.Sale.IsToBusiness ? "business" : "consumer";

    private bool IsDomestic(Country country) => country.Code == filing.Seller.Country;
}
