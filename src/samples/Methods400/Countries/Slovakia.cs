using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Slovakia() : Country("SK", "Slovakia")
{
    public override string ReverseChargeNote => "prenesenie daňovej povinnosti";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 10) && number[0] != '0' && CheckDigits.Remainder(number, 11) == 0;

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Newspapers => 19,
        Category.Books or Category.Medicines => 5,
        _ => 23,
    };
}
