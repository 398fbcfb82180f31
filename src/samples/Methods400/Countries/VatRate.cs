namespace Methods400.Countries;

/// <summary>A rate of value added tax.</summary>
internal sealed record VatRate(decimal Percent)
{
    /// <summary>The tax on an amount in euros. Rounded once a rate and country, as the One-Stop-Shop wants it.</summary>
    public decimal TaxOn(decimal net) => decimal.Round(net * Percent / 100, 2, MidpointRounding.AwayFromZero);
}
