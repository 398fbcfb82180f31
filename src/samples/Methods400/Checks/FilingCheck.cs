using Methods400.Countries;
using Methods400.Filings;

namespace Methods400.Checks;

/// <summary>What must hold of a filing as a whole; without it there is no return at all.</summary>
internal static class FilingCheck
{
    public static string? ProblemOf(Filing filing)
        => MemberStates.Find(filing.Seller.Country) is not { } country ? $"The seller's country '{filing.Seller.Country}' is no member state."
            : !IsNumberOf(country, filing.Seller.VatNumber) ? $"The seller's VAT number '{filing.Seller.VatNumber}' is none of {country.Name}."
            : filing.Sales.Count == 0 ? "The filing has no sales."
            : null;

    private static bool IsNumberOf(Country country, string number)
        => number.StartsWith(country.VatPrefix, StringComparison.Ordinal) && country.IsVatNumber(number[country.VatPrefix.Length..]);
}
