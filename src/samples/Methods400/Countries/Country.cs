using Methods400.Filings;

namespace Methods400.Countries;

/// <summary>A member state and its rules of value added tax, as of the end of 2025. For illustration, not for advice.</summary>
/// <param name="code">ISO 3166-1, two letters.</param>
/// <param name="name">In English.</param>
internal abstract class Country(string code, string name)
{
    public string Code { get; } = code;

    public string Name { get; } = name;

    /// <summary>What VAT numbers begin with: the country's code, but for Greece.</summary>
    public virtual string VatPrefix => Code;

    /// <summary>What an invoice must say when the customer owes the tax: directive 2006/112/EC, article 226, number 11a.</summary>
    public abstract string ReverseChargeNote { get; }

    public VatRate RateOf(Category category) => new(PercentOf(category));

    /// <summary>Whether a VAT number (without its prefix) has the right form and check digits.</summary>
    public abstract bool IsVatNumber(string number);

    /// <summary>The rate for a kind of goods.</summary>
    protected abstract decimal PercentOf(Category category);
}
