using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Poland() : Country("PL", "Poland")
{
    public override string ReverseChargeNote => "odwrotne obciążenie";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 10)
            && CheckDigits.WeightedSum(number, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == CheckDigits.DigitAt(number, 9);

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books => 5,
        Category.Newspapers or Category.Medicines => 8,
        _ => 23,
    };
}
