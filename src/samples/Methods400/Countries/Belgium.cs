using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Belgium() : Country("BE", "Belgium")
{
    public override string ReverseChargeNote => "Btw verlegd / Autoliquidation";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 10) && number[0] is '0' or '1'
            && 97 - (CheckDigits.ValueOf(number.AsSpan(0, 8)) % 97) == CheckDigits.ValueOf(number.AsSpan(8));

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books or Category.Medicines => 6,
        Category.Newspapers => 0,
        _ => 21,
    };
}
