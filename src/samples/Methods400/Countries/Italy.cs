using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Italy() : Country("IT", "Italy")
{
    public override string ReverseChargeNote => "inversione contabile";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 11) && CheckDigits.PassLuhn(number);

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Medicines => 10,
        Category.Books or Category.Newspapers => 4,
        _ => 22,
    };
}
