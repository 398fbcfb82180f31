using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Methods400;

namespace PodPool.Samples.Tests;

public sealed class Methods400Tests
{
    private static readonly string Example = File.ReadAllText(Path.Combine(Repository.Sample("Methods400"), "Filings", "example.json"));

    private readonly VatReturnFunction _function = new();

    /// <summary>Numbers that pass, from the public documentation of the checks; none was made with the code under test.</summary>
    public static TheoryData<string, string> ValidNumbers { get; } = new()
    {
        { "AT", "ATU13585627" }, { "BE", "BE0776091951" }, { "BG", "BG175074752" }, { "HR", "HR33392005961" }, { "CY", "CY10259033P" },
        { "CZ", "CZ25123891" }, { "DK", "DK13585628" }, { "EE", "EE100931558" }, { "FI", "FI20774740" }, { "FR", "FR40303265045" },
        { "DE", "DE136695976" }, { "GR", "EL094259216" }, { "HU", "HU12892312" }, { "IE", "IE6433435F" }, { "IT", "IT00743110157" },
        { "LV", "LV40003521600" }, { "LT", "LT119511515" }, { "LU", "LU15027442" }, { "MT", "MT11679112" }, { "NL", "NL004495445B01" },
        { "PL", "PL8567346215" }, { "PT", "PT501964843" }, { "RO", "RO18547290" }, { "SK", "SK2022749619" }, { "SI", "SI50223054" },
        { "ES", "ES54362315K" }, { "ES", "ESB58378431" }, { "SE", "SE123456789701" },
    };

    [Fact]
    public async Task Files_the_built_in_example_and_adds_it_up()
    {
        var json = (await Call.GetAsync(_function)).Json;

        var countries = json.GetProperty("countries").EnumerateArray().ToList();
        Assert.Equal(26, countries.Count);      // every member state but the seller's
        Assert.Equal(26, json.GetProperty("reverseCharged").GetArrayLength());
        Assert.Equal(2, json.GetProperty("domestic").GetProperty("count").GetInt32());
        Assert.Equal(countries.Sum(country => country.GetProperty("tax").GetDecimal()), json.GetProperty("tax").GetDecimal());
        Assert.All(countries, country => Assert.Equal(
            country.GetProperty("rates").EnumerateArray().Sum(rate => rate.GetProperty("tax").GetDecimal()), country.GetProperty("tax").GetDecimal()));
        Assert.Equal("2026-01-31", json.GetProperty("due").GetString());
    }

    [Fact]
    public async Task Gives_the_same_return_for_the_example_when_it_is_sent()
        => Assert.Equal((await Call.GetAsync(_function)).Text, (await Call.PostAsync(_function, Example)).Text);

    [Fact]
    public async Task Leaves_out_a_sale_that_breaks_the_rules_and_says_every_reason()
    {
        var refused = Assert.Single((await Call.GetAsync(_function)).Json.GetProperty("refused").EnumerateArray());

        Assert.Equal("2025-00156", refused.GetProperty("invoice").GetString());
        Assert.Equal(
            [
                "The sale of 2025-09-30 is not one of 2025-Q4 (2025-10-01 to 2025-12-31).",
                "The VAT number PT123456780 has not the form or the check digits of Portugal.",
                "The quantity of 'Desk lamp' is 0.",
            ],
            refused.GetProperty("problems").EnumerateArray().Select(problem => problem.GetString()));
    }

    [Theory]
    [MemberData(nameof(ValidNumbers))]
    public async Task Accepts_each_country_s_own_VAT_numbers(string country, string number)
        => Assert.Empty(await ProblemsOfSaleToAsync(country, number));

    [Theory]
    [MemberData(nameof(ValidNumbers))]
    public async Task Refuses_a_VAT_number_with_one_digit_wrong(string country, string number)
    {
        // The last digit is a check digit, or one that is checked, everywhere but in the two countries whose numbers end otherwise.
        var at = country is "SE" ? number.Length - 3 : number.LastIndexOfAny([.. "0123456789"]);
        at = country is "NL" ? number.IndexOf('B', StringComparison.Ordinal) - 1 : at;
        var wrong = $"{number[..at]}{(number[at] - '0' + 1) % 10}{number[(at + 1)..]}";

        Assert.Contains(await ProblemsOfSaleToAsync(country, wrong), problem => problem.Contains(wrong, StringComparison.Ordinal));
    }

    [Fact]
    public void Owes_the_same_in_whatever_order_the_sales_come() => Gen.Int.Sample(
        seed =>
        {
            var filing = JsonNode.Parse(Example)!;
            var sales = filing["sales"]!.AsArray();
            var shuffled = sales.Select(sale => sale!.DeepClone()).ToArray();
            new Random(seed).Shuffle(shuffled);
            filing["sales"] = new JsonArray(shuffled);

            var answer = Call.PostAsync(_function, filing.ToJsonString()).GetAwaiter().GetResult().Json;
            var example = Call.GetAsync(_function).GetAwaiter().GetResult().Json;

            Assert.Equal(example.GetProperty("countries").GetRawText(), answer.GetProperty("countries").GetRawText());
            Assert.Equal(example.GetProperty("tax").GetDecimal(), answer.GetProperty("tax").GetDecimal());
        },
        iter: 50);

    [Theory]
    [InlineData("{", "no filing")]
    [InlineData("null", "no filing")]
    [InlineData("""{"seller":{"name":"A","country":"DE","vatNumber":"DE136695976"},"quarter":"autumn","sales":[]}""", "2025-Q4")]
    [InlineData("""{"seller":{"name":"A","country":"CH","vatNumber":"1"},"quarter":"2025-Q4","sales":[]}""", "'CH' is no member state")]
    [InlineData("""{"seller":{"name":"A","country":"DE","vatNumber":"DE1"},"quarter":"2025-Q4","sales":[]}""", "'DE1' is none of Germany")]
    [InlineData("""{"seller":{"name":"A","country":"DE","vatNumber":"DE136695976"},"quarter":"2025-Q4","sales":[]}""", "no sales")]
    public async Task Refuses_what_is_no_filing(string body, string detail)
        => Assert.Contains(detail, (await Call.PostAsync(_function, body)).Problem, StringComparison.Ordinal);

    private async Task<string[]> ProblemsOfSaleToAsync(string country, string vatNumber)
    {
        var filing = $$"""
            {
              "seller": {"name": "A", "country": "DE", "vatNumber": "DE136695976"}, "quarter": "2025-Q4",
              "sales": [{"invoice": "1", "date": "2025-12-01", "customer": {"name": "B", "country": "{{country}}", "vatNumber": "{{vatNumber}}"},
                         "lines": [{"article": "C", "quantity": 1, "unitPrice": 10}]}]
            }
            """;
        var refused = (await Call.PostAsync(_function, filing)).Json.GetProperty("refused");
        return refused.GetArrayLength() == 0 ? [] : refused[0].GetProperty("problems").Deserialize<string[]>()!;
    }
}
