using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Finland() : Country("FI", "Finland")
{
    public override string ReverseChargeNote => "käännetty verovelvollisuus";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 8) && CheckDigits.WeightedSum(number, [7, 9, 10, 5, 8, 4, 2, 1]) % 11 == 0;

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books or Category.Medicines => 14,
        Category.Newspapers => 10,
        _ => 25.5m,
    };
}
