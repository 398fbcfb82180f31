using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Cyprus() : Country("CY", "Cyprus")
{
    public override string ReverseChargeNote => "Αντίστροφη επιβάρυνση";

    public override bool IsVatNumber(string number)
        => number.Length == 9 && CheckDigits.AreDigits(number.AsSpan(0, 8), 8) && !number.StartsWith("12", StringComparison.Ordinal)
            && CheckLetter(number) == number[8];

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Newspapers or Category.Medicines => 5,
        Category.Books => 3,
        _ => 19,
    };

    /// <summary>Every second digit, beginning with the first, stands for another number.</summary>
    private static char CheckLetter(string number)
    {
        ReadOnlySpan<int> odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
        var sum = 0;
        for (var index = 0; index < 8; index++)
        {
            var digit = CheckDigits.DigitAt(number, index);
            sum += index % 2 == 0 ? odd[digit] : digit;
        }

        return (char)('A' + (sum % 26));
    }
}
