using Methods400.Filings;

namespace Methods400.Countries;

internal sealed class Greece() : Country("GR", "Greece")
{
    /// <summary>Greece's tax numbers go by its own name for itself.</summary>
    public override string VatPrefix => "EL";

    public override string ReverseChargeNote => "Αντίστροφη επιβάρυνση";

    public override bool IsVatNumber(string number)
        => CheckDigits.AreDigits(number, 9)
            && CheckDigits.WeightedSum(number, [256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == CheckDigits.DigitAt(number, 8);

    protected override decimal PercentOf(Category category) => category switch
    {
        Category.Food => 13,
        Category.Books or Category.Newspapers or Category.Medicines => 6,
        _ => 24,
    };
}
