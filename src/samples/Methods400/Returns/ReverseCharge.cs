using Methods400.Countries;

namespace Methods400.Returns;

/// <summary>Sales to businesses abroad: the customer owes the tax, and the invoice must say so in words.</summary>
internal static class ReverseCharge
{
    public static IReadOnlyList<ReverseChargedSale> Of(IEnumerable<EuroLine> lines)
        => [.. lines.GroupBy(line => line.Sale.Invoice, StringComparer.Ordinal).Select(OfSale).OrderBy(sale => sale.Invoice, StringComparer.Ordinal)];

    private static ReverseChargedSale OfSale(IGrouping<string, EuroLine> lines)
    {
        var customer = lines.First().Sale.Customer;
        return new ReverseChargedSale
        {
            Invoice = lines.Key,
            Customer = customer.Name,
            VatNumber = customer.VatNumber ?? "",
            Net = lines.Sum(line => line.Net),
            Note = NoteOf(lines.First().Country),
        };
    }

    private static string NoteOf(Country country) => IsEnglish(country) ? country.ReverseChargeNote : $"{country.ReverseChargeNote} (Reverse charge)";

    private static bool IsEnglish(Country country) => country.ReverseChargeNote == "Reverse charge";
}
