using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Czechia() : Country("CZ", "Czechia")
{
    public override string ReverseChargeNote => "daň odvede zákazník";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 8) ? number[0] != '9' && PassesAsCompany(number)
            : CheckDigits.AreDigits(number, 10) && CheckDigits.Remainder(number, 11) == 0;

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Newspapers or Category.Medicines => 12,
        Category.Books => 0,
        _ => 21,
    };

    private static bool PassesAsCompany(string number)
        => (11 - (CheckDigits.WeightedSum(number, [8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 == CheckDigits.DigitAt(number, 7);
}
