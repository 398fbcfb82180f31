using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Malta() : Country("MT", "Malta")
{
    public override string ReverseChargeNote => "Inverżjoni tal-ħlas";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 8) && CheckDigits.WeightedSum(number, [3, 4, 6, 7, 8, 9, 10, 1]) % 37 == 0;

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Medicines => 0,
        Category.Books or Category.Newspapers => 5,
        _ => 18,
    };
}
