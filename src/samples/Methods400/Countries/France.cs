using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class France() : Country("FR", "France")
{
    public override string ReverseChargeNote => "Autoliquidation";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 11) && CheckDigits.PassLuhn(Siren(number)) && Key(Siren(number)) == CheckDigits.ValueOf(number.AsSpan(0, 2));

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food or Category.Books => 5.5m,
        Category.Newspapers or Category.Medicines => 2.1m,
        _ => 20,
    };

    /// <summary>The company's number, which the tax number is made from.</summary>
    private static ReadOnlySpan<char> Siren(string number) => number.AsSpan(2);

    private static int Key(ReadOnlySpan<char> siren) => (12 + (3 * (CheckDigits.ValueOf(siren) % 97))) % 97;
}
