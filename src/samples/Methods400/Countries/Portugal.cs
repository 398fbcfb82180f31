using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Portugal() : Country("PT", "Portugal")
{
    public override string ReverseChargeNote => "Autoliquidação";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 9) && number[0] != '0'
            && (11 - (CheckDigits.WeightedSum(number, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 % 10 == CheckDigits.DigitAt(number, 8);

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books or Category.Newspapers or Category.Medicines => 6,
        _ => 23,
    };
}
