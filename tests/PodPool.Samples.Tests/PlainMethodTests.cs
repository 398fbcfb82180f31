using CsCheck;
using PlainMethod;

namespace PodPool.Samples.Tests;

public sealed class PlainMethodTests
{
    private static readonly Gen<Parcel> Parcels =
        from weight in Gen.Decimal[0.1m, 31.5m]
        from length in Gen.Decimal[1, 80]
        from width in Gen.Decimal[1, 60]
        from height in Gen.Decimal[1, 60]
        from zone in Gen.OneOf(Gen.Const("Home"), Gen.Const("Neighbour"), Gen.Const("Abroad"))
        from express in Gen.Bool
        from insured in Gen.Decimal[0, 5000]
        select new Parcel(weight, length, width, height, zone, express, insured);

    [Fact]
    public void Knows_nothing_of_PodPool()
        => Assert.DoesNotContain(
            typeof(Quotes).Assembly.GetReferencedAssemblies(), name => name.Name!.StartsWith("PodPool", StringComparison.Ordinal));

    [Fact]
    public void Charges_a_large_light_parcel_by_its_volume()
    {
        var quote = Quotes.Calculate(new Parcel(Weight: 2.4m, Length: 40, Width: 30, Height: 20, Zone: "Abroad"));

        Assert.Equal(5.0m, quote.ChargedWeight);
        Assert.Equal(16.40m + (5.0m * 3.10m), quote.Price);
    }

    [Fact]
    public void Explains_every_price_by_its_items() => Parcels.Sample(parcel =>
    {
        var quote = Quotes.Calculate(parcel);

        Assert.Null(quote.Refused);
        Assert.Equal(quote.Items.Sum(item => item.Amount), quote.Price);
        Assert.True(quote.ChargedWeight >= parcel.Weight);
        Assert.Equal(parcel.Express, quote.Items.Any(item => item.Name == "express"));
        Assert.Equal(parcel.Insured > 500, quote.Items.Any(item => item.Name == "insurance"));
    });

    [Theory]
    [InlineData(0, 10, "Home", "weight")]
    [InlineData(32, 10, "Home", "31.5")]
    [InlineData(1, 0, "Home", "length")]
    [InlineData(1, 350, "Home", "girth")]
    [InlineData(1, 10, "Moon", "zone")]
    [InlineData(1, 10, null, "zone")]
    public void Says_why_a_parcel_cannot_be_sent(int weight, int length, string? zone, string word)
    {
        var quote = Quotes.Calculate(new Parcel(weight, length, 10, 10, zone));

        Assert.Null(quote.Price);
        Assert.Contains(word, quote.Refused, StringComparison.Ordinal);
    }
}
