using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Luxembourg() : Country("LU", "Luxembourg")
{
    public override string ReverseChargeNote => "Autoliquidation";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 8) && CheckDigits.ValueOf(number.AsSpan(0, 6)) % 89 == CheckDigits.ValueOf(number.AsSpan(6));

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books or Category.Newspapers or Category.Medicines => 3,
        _ => 17,
    };
}
