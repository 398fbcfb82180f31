using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Sweden() : Country("SE", "Sweden")
{
    public override string ReverseChargeNote => "Omvänd betalningsskyldighet";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 12) && number.EndsWith("01", StringComparison.Ordinal) && CheckDigits.PassLuhn(number.AsSpan(0, 10));

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food => 12,
        Category.Books or Category.Newspapers => 6,
        Category.Medicines => 0,
        _ => 25,
    };
}
