using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Bulgaria() : Country("BG", "Bulgaria")
{
    public override string ReverseChargeNote => "обратно начисляване";

    public override bool IsVatNumber(string number)
    {
        if (!CheckDigits.AreDigits(number, 9))
        {
            return false;
        }

        var check = CheckDigits.WeightedSum(number, [1, 2, 3, 4, 5, 6, 7, 8]) % 11;
        return (check == 10 ? SecondTry(number) : check) == CheckDigits.DigitAt(number, 8);
    }

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Books or Category.Newspapers => 9,
        _ => 20,
    };

    private static int SecondTry(string number) => CheckDigits.WeightedSum(number, [3, 4, 5, 6, 7, 8, 9, 10]) % 11 % 10;
}
