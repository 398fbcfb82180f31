using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Latvia() : Country("LV", "Latvia")
{
    public override string ReverseChargeNote => "nodokļa apgrieztā maksāšana";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 11) && (number[0] > '3' ? PassesAsCompany(number) : PassesAsPerson(number));

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Medicines => 12,
        Category.Books or Category.Newspapers => 5,
        _ => 21,
    };

    private static bool PassesAsCompany(string number) => CheckDigits.WeightedSum(number, [9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3;

    /// <summary>Numbers of persons given out since 2017 begin with 32 and have no check digit.</summary>
    private static bool PassesAsPerson(string number)
        => number.StartsWith("32", StringComparison.Ordinal)
            || (1 + CheckDigits.WeightedSum(number, [10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10 == CheckDigits.DigitAt(number, 10);
}
