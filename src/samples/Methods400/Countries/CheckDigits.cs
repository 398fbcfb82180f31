namespace Methods400.Countries;

/// <summary>The arithmetic that the member states' VAT numbers have in common.</summary>
internal static class CheckDigits
{
    /// <summary>Whether a text is so many digits and nothing else.</summary>
    public static bool AreDigits(ReadOnlySpan<char> text, int length) => text.Length == length && !text.ContainsAnyExceptInRange('0', '9');

    public static int DigitAt(ReadOnlySpan<char> text, int index) => text[index] - '0';

    public static int ValueOf(ReadOnlySpan<char> digits)
    {
        var value = 0;
        foreach (var digit in digits)
        {
            value = (value * 10) + digit - '0';
        }

        return value;
    }

    /// <summary>Each digit times its weight, added up. Digits without a weight do not count.</summary>
    public static int WeightedSum(ReadOnlySpan<char> digits, ReadOnlySpan<int> weights)
    {
        var sum = 0;
        for (var index = 0; index < weights.Length; index++)
        {
            sum += weights[index] * DigitAt(digits, index);
        }

        return sum;
    }

    /// <summary>The remainder of a number too long for an int.</summary>
    public static int Remainder(ReadOnlySpan<char> digits, int divisor)
    {
        var remainder = 0;
        foreach (var digit in digits)
        {
            remainder = ((remainder * 10) + digit - '0') % divisor;
        }

        return remainder;
    }

    /// <summary>Luhn's sum: from the right, every second digit is doubled and its digits are added. ISO/IEC 7812-1, annex B.</summary>
    public static int LuhnSum(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var index = 0; index < digits.Length; index++)
        {
            var digit = DigitAt(digits, digits.Length - 1 - index);
            sum += index % 2 == 0 ? digit : (digit * 2 / 10) + (digit * 2 % 10);
        }

        return sum;
    }

    public static bool PassLuhn(ReadOnlySpan<char> digits) => LuhnSum(digits) % 10 == 0;

    /// <summary>ISO/IEC 7064, MOD 11,10.</summary>
    public static bool PassMod11And10(ReadOnlySpan<char> digits)
    {
        var check = 10;
        foreach (var digit in digits[..^1])
        {
            check = (check + digit - '0') % 10;
            check = (check == 0 ? 10 : check) * 2 % 11;
        }

        return (check + DigitAt(digits, digits.Length - 1)) % 10 == 1;
    }
}
