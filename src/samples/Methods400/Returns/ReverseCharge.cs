using Methods400.Countries;

namespace Methods400.Returns;

/// <summary>Sales to businesses abroad: the customer owes the tax, and the invoice must say so in words.</summary>
internal static class ReverseCharge
{
    public static IReadOnlyList<ReverseChargedSale> Of(IEnumerable<EuroLine> lines)
        => [.. lines.GroupBy(line => line.Sale)
            .Select(sale => new ReverseChargedSale(
                sale.Key.Invoice, sale.Key.Customer.Name, sale.Key.Customer.VatNumber!, sale.Sum(line => line.Net), NoteOf(sale.First().Country)))
            .OrderBy(sale => sale.Invoice, StringComparer.Ordinal)];

    private static string NoteOf(Country country) => IsEnglish(country) ? country.ReverseChargeNote : $"{country.ReverseChargeNote} (Reverse charge)";

    private static bool IsEnglish(Country country) => country.Code == "IE";
}
