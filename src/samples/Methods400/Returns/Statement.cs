using System.Globalization;
using System.Text;
using Methods400.Countries;
using Methods400.Filings;

namespace Methods400.Returns;

/// <summary>The return as a text for the seller's files.</summary>
internal sealed class Statement(Seller seller, VatReturn content)
{
    private const int Width = 64;

    private readonly StringBuilder _text = new();

    public override string ToString()
    {
        WriteHead();
        WriteCountries();
        WriteReverseCharge();
        WriteDomestic();
        WriteMonths();
        WriteRefused();
        return _text.ToString();
    }

    private void WriteHead()
    {
        WriteLine($"VAT return {content.Quarter}, due {DateText(content.Due)}");
        WriteLine($"{seller.Name}, {MemberStates.Get(seller.Country).Name}, {seller.VatNumber}");
        WriteRule('=');
    }

    private void WriteCountries()
    {
        foreach (var country in content.Countries)
        {
            WriteCountry(country);
        }

        WriteRule('-');
        WriteAmounts("To pay", content.Taxable, content.Tax);
    }

    private void WriteCountry(CountryReturn country)
    {
        WriteTitle(country.Name);
        foreach (var rate in country.Rates)
        {
            WriteAmounts($"  {PercentText(rate.Rate)}", rate.Taxable, rate.Tax);
        }

        if (country.Rates.Count > 1)
        {
            WriteAmounts("  together", country.Taxable, country.Tax);
        }
    }

    private void WriteReverseCharge()
    {
        WriteTitle("Owed by the customers");
        foreach (var sale in content.ReverseCharged)
        {
            WriteAmount($"  {sale.Invoice} {sale.VatNumber}", sale.Net);
            WriteLine($"    {sale.Note}");
        }
    }

    private void WriteDomestic()
    {
        WriteTitle($"At home ({content.Domestic.Count} sales; in the ordinary return)");
        WriteAmounts("  together", content.Domestic.Net, content.Domestic.Tax);
    }

    private void WriteMonths()
    {
        WriteTitle("By month");
        foreach (var month in content.Months)
        {
            WriteAmount($"  {month.Month}: {month.Sales} sales, {AmountText(month.Average)} on average", month.Net);
        }
    }

    private void WriteRefused()
    {
        if (content.Refused.Count == 0)
        {
            return;
        }

        WriteTitle("Not in this return");
        foreach (var sale in content.Refused)
        {
            WriteLine($"  {sale.Invoice}: {string.Join(' ', sale.Problems)}");
        }
    }

    private void WriteTitle(string title)
    {
        WriteLine("");
        WriteLine(title);
    }

    private void WriteAmounts(string label, decimal taxable, decimal tax)
        => WriteLine($"{label.PadRight(Width - 32)}{AmountText(taxable).PadLeft(16)}{AmountText(tax).PadLeft(16)}");

    private void WriteAmount(string label, decimal amount)
    {
        var text = AmountText(amount);
        WriteLine($"{label.PadRight(Math.Max(label.Length + 1, Width - text.Length))}{text}");
    }

    private void WriteRule(char character) => WriteLine(new string(character, Width));

    private void WriteLine(string line) => _text.Append(line).Append('\n');

    private static string AmountText(decimal amount) => amount.ToString("#,##0.00", CultureInfo.InvariantCulture);

    private static string PercentText(decimal percent) => percent.ToString("0.##", CultureInfo.InvariantCulture) + " %";

    private static string DateText(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
