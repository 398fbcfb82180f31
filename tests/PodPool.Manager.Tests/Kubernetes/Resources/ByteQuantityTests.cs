using CsCheck;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Tests.Kubernetes.Resources;

public sealed class ByteQuantityTests
{
    [Theory]
    [InlineData("16Mi", 16 << 20)]
    [InlineData("1.5Ki", 1536)]
    [InlineData("64M", 64_000_000)]
    [InlineData("1k", 1000)]
    [InlineData("1048576", 1 << 20)]
    [InlineData("0.5", 1)]
    [InlineData("0", 0)]
    public void An_amount_is_read_in_bytes(string text, long bytes) => Assert.Equal(bytes, ByteQuantity.Parse(text, "spec.memory"));

    [Theory]
    [InlineData("16MB", "16Mi")]
    [InlineData("", "16Mi")]
    [InlineData(null, "16Mi")]
    [InlineData("-1", "16Mi")]
    [InlineData("1e999999999", "16Mi")]
    [InlineData("99999999Ti", "more than there can be")]
    [InlineData("99999999999999999999999999999999Ti", "more than there can be")]
    public void What_is_none_is_refused_with_the_field_and_the_text(string? text, string says)
    {
        var refused = Assert.Throws<FormatException>(() => ByteQuantity.Parse(text, "spec.memory"));
        Assert.StartsWith($"spec.memory is '{text}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_amount_out_of_bounds_is_refused_with_the_bounds() =>
        Assert.Equal("spec.memory is '1Ki'; 1Mi to 1Ti are allowed", Assert.Throws<FormatException>(() => ByteQuantity.Parse("1Ki", "spec.memory", 1L << 20, 1L << 40)).Message);

    [Fact]
    public void What_is_written_is_read_again() => Gen.Long[0, long.MaxValue].Sample(bytes => ByteQuantity.Parse(ByteQuantity.Format(bytes), "field") == bytes);
}
