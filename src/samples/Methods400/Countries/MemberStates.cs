namespace Methods400.Countries;

/// <summary>All member states, by code.</summary>
internal static class MemberStates
{
    private static readonly Dictionary<string, Country> ByCode = All().ToDictionary(country => country.Code, StringComparer.Ordinal);

    public static Country? Find(string? code) => code is null ? null : ByCode.GetValueOrDefault(code);

    public static Country Get(string code) => ByCode[code];

    /// <summary>The state that a VAT number's first two letters name.</summary>
    public static Country? OfVatNumber(string vatNumber)
        => vatNumber.Length < 3 ? null : ByCode.Values.FirstOrDefault(country => vatNumber.StartsWith(country.VatPrefix, StringComparison.Ordinal));

    private static IEnumerable<Country> All() =>
    [
        new Austria(), new Belgium(), new Bulgaria(), new Croatia(), new Cyprus(), new Czechia(), new Denmark(), new Estonia(), new Finland(),
        new France(), new Germany(), new Greece(), new Hungary(), new Ireland(), new Italy(), new Latvia(), new Lithuania(), new Luxembourg(),
        new Malta(), new Netherlands(), new Poland(), new Portugal(), new Romania(), new Slovakia(), new Slovenia(), new Spain(), new Sweden(),
    ];
}
