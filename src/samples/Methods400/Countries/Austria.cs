using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Austria() : Country("AT", "Austria")
{
    public override string ReverseChargeNote => "Übergang der Steuerschuld";

    public override bool IsVatNumber(string number)
        => number.Length == 9 && number[0] == 'U' && CheckDigits.AreDigits(number.AsSpan(1), 8)
            && (100 + 6 - CheckDigits.LuhnSum(number.AsSpan(1, 7))) % 10 == CheckDigits.DigitAt(number, 8);

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books or Category.Newspapers or Category.Medicines => 10,
        _ => 20,
    };
}
