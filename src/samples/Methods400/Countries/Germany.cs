using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Germany() : Country("DE", "Germany")
{
    public override string ReverseChargeNote => "Steuerschuldnerschaft des Leistungsempfängers";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 9) && number[0] != '0' && CheckDigits.PassMod11And10(number);

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books or Category.Newspapers => 7,
        _ => 19,
    };
}
