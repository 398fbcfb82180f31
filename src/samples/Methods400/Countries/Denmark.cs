using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Denmark() : Country("DK", "Denmark")
{
    public override string ReverseChargeNote => "omvendt betalingspligt";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 8) && number[0] != '0' && CheckDigits.WeightedSum(number, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0;

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Newspapers => 0,
        _ => 25,
    };
}
