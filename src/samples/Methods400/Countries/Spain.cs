using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Spain() : Country("ES", "Spain")
{
    public override string ReverseChargeNote => "inversión del sujeto pasivo";

    public override bool IsVatNumber(string number)
        => number.Length == 9 && CheckDigits.AreDigits(number.AsSpan(1, 7), 7) && number[0] switch
        {
            >= '0' and <= '9' => PersonLetter(number[..8]) == number[8],
            'X' or 'Y' or 'Z' => PersonLetter($"{number[0] - 'X'}{number[1..8]}") == number[8],
            _ => IsCompanyNumber(number),
        };

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food => 10,
        Category.Books or Category.Newspapers or Category.Medicines => 4,
        _ => 21,
    };

    private static char PersonLetter(string digits) => "TRWAGMYFPDXBNJZSQVHLCKE"[CheckDigits.ValueOf(digits) % 23];

    /// <summary>Companies' numbers end with a digit or a letter; which of both is allowed depends on the kind of company.</summary>
    private static bool IsCompanyNumber(string number)
    {
        var check = (10 - (CheckDigits.LuhnSum($"{number[1..8]}0") % 10)) % 10;
        var isDigit = number[8] == '0' + check;
        var isLetter = number[8] == "JABCDEFGHI"[check];
        return number[0] switch
        {
            'A' or 'B' or 'E' or 'H' => isDigit,
            'K' or 'P' or 'Q' or 'R' or 'S' or 'N' or 'W' => isLetter,
            'C' or 'D' or 'F' or 'G' or 'J' or 'U' or 'V' => isDigit || isLetter,
            _ => false,
        };
    }
}
