using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Estonia() : Country("EE", "Estonia")
{
    public override string ReverseChargeNote => "pöördmaksustamine";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 9) && CheckDigits.WeightedSum(number, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 == 0;

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Books or Category.Newspapers or Category.Medicines => 9,
        _ => 24,
    };
}
