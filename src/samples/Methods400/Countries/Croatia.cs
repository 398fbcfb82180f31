using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Croatia() : Country("HR", "Croatia")
{
    public override string ReverseChargeNote => "prijenos porezne obveze";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 11) && CheckDigits.PassMod11And10(number);

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books or Category.Newspapers or Category.Medicines => 5,
        _ => 25,
    };
}
