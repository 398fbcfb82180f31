using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Ireland() : Country("IE", "Ireland")
{
    private const string Alphabet = "WABCDEFGHIJKLMNOPQRSTUV";

    public override string ReverseChargeNote => "Reverse charge";

    public override bool IsVatNumber(string number)
        => number.Length is 8 or 9 && CheckDigits.AreDigits(number.AsSpan(0, 7), 7) && Alphabet.Contains(number[7], StringComparison.Ordinal)
            && (number.Length == 8 || Alphabet.Contains(number[8], StringComparison.Ordinal)) && CheckLetter(number) == number[7];

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books or Category.Medicines => 0,
        Category.Newspapers => 9,
        _ => 23,
    };

    private static char CheckLetter(string number)
        => Alphabet[(CheckDigits.WeightedSum(number, [8, 7, 6, 5, 4, 3, 2]) + (9 * SecondLetter(number))) % 23];

    private static int SecondLetter(string number) => number.Length == 8 ? 0 : Alphabet.IndexOf(number[8], StringComparison.Ordinal);
}
