using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Lithuania() : Country("LT", "Lithuania")
{
    public override string ReverseChargeNote => "Atvirkštinis apmokestinimas";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 9) && number[7] == '1' && Check(number) == CheckDigits.DigitAt(number, 8);

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Books or Category.Newspapers => 9,
        Category.Medicines => 5,
        _ => 21,
    };

    private static int Check(string number)
    {
        var check = CheckDigits.WeightedSum(number, [1, 2, 3, 4, 5, 6, 7, 8]) % 11;
        return check == 10 ? CheckDigits.WeightedSum(number, [3, 4, 5, 6, 7, 8, 9, 1]) % 11 % 10 : check;
    }
}
