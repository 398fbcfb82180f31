using Methods400.Countries;
using Methods400.Filings;

namespace Methods400.Checks;

internal sealed class CustomerNameCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
    {
        if (sale.IsToBusiness && string.IsNullOrWhiteSpace(sale.Customer.Name))
        {
            yield return "A business that owes the tax itself must be named.";
        }
    }
}

internal sealed class CustomerCountryCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
    {
        if (MemberStates.Find(sale.Customer.Country) is null)
        {
            yield return $"'{sale.Customer.Country}' is no member state.";
        }
    }
}

internal sealed class VatNumberPrefixCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
    {
        if (sale.Customer.VatNumber is { } number && MemberStates.Find(sale.Customer.Country) is { } country
            && MemberStates.OfVatNumber(number) is var other && other != country)
        {
            yield return $"The VAT number {number} is {(other is null ? "no member state's" : $"one of {other.Name}")}, the customer is in {country.Name}.";
        }
    }
}

internal sealed class VatNumberDigitsCheck : SaleCheck
{
    public override IEnumerable<string> ProblemsOf(Sale sale, Filing filing)
    {
        if (sale.Customer.VatNumber is { } number && MemberStates.OfVatNumber(number) is { } country && !country.IsVatNumber(number[2..]))
        {
            yield return $"The VAT number {number} has not the form or the check digits of {country.Name}.";
        }
    }
}
