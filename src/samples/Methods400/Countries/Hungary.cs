using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Hungary() : Country("HU", "Hungary")
{
    public override string ReverseChargeNote => "fordított adózás";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 8) && CheckDigits.WeightedSum(number, [9, 7, 3, 1, 9, 7, 3, 1]) % 10 == 0;

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food => 18,
        Category.Books or Category.Newspapers or Category.Medicines => 5,
        _ => 27,
    };
}
