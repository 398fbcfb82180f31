using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Romania() : Country("RO", "Romania")
{
    public override string ReverseChargeNote => "taxare inversă";

    public override bool IsVatNumber(string number)
        => number.Length is >= 2 and <= 10 && CheckDigits.AreDigits(number, number.Length) && number[0] != '0' && Check(number) == number[^1] - '0';

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books or Category.Newspapers or Category.Medicines => 11,
        _ => 21,
    };

    /// <summary>Shorter numbers count as if zeros stood before them.</summary>
    private static int Check(string number)
        => 10 * CheckDigits.WeightedSum(number[..^1].PadLeft(9, '0'), [7, 5, 3, 2, 1, 7, 5, 3, 2]) % 11 % 10;
}
