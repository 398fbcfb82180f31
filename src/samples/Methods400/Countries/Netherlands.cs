using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Netherlands() : Country("NL", "Netherlands")
{
    public override string ReverseChargeNote => "Btw verlegd";

    public override bool IsVatNumber(string number)
        => number.Length == 12 && number[9] == 'B' && CheckDigits.AreDigits(number.AsSpan(0, 9), 9) && CheckDigits.AreDigits(number.AsSpan(10), 2)
            && (PassesAsCompany(number) || PassesAsSoleTrader(number));

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books or Category.Newspapers or Category.Medicines => 9,
        _ => 21,
    };

    private static bool PassesAsCompany(string number) => CheckDigits.WeightedSum(number, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0;

    /// <summary>Since 2020: the whole number, its letters as 10 to 35, leaves 1 when divided by 97 (ISO/IEC 7064).</summary>
    private static bool PassesAsSoleTrader(string number)
        => CheckDigits.Remainder($"2321{number.AsSpan(0, 9)}11{number.AsSpan(10)}", 97) == 1;
}
