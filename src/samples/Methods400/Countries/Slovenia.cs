using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Slovenia() : Country("SI", "Slovenia")
{
    public override string ReverseChargeNote => "obrnjena davčna obveznost";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 8) && number[0] != '0' && Check(number) == CheckDigits.DigitAt(number, 7);

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Medicines => 9.5m,
        Category.Books or Category.Newspapers => 5,
        _ => 22,
    };

    /// <summary>11 is no digit: such numbers are not given out.</summary>
    private static int Check(string number)
    {
        var check = 11 - (CheckDigits.WeightedSum(number, [8, 7, 6, 5, 4, 3, 2]) % 11);
        return check == 10 ? 0 : check;
    }
}
