using System.Buffers.Text;
using System.Security.Cryptography;
using CsCheck;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using Xunit;

namespace PodPool.Contracts.Tests.Wire;

/// <summary>A token says who an instance is, and nobody but the manager can say so.</summary>
public sealed class DaprTokensTests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly DaprToken _token = new()
    {
        Namespace = "shop", Function = "cart", Revision = "0123456789ab", PodId = "pod-1", ExpiresAt = Timestamp.FromDateTime(new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc)),
    };

    public void Dispose() => _key.Dispose();

    [Fact]
    public void A_token_is_read_as_it_was_written()
    {
        var text = Write(_key);
        Assert.True(DaprTokens.TryRead(text, _key, out var read));
        Assert.Equal(_token, read);
        Assert.All(text, character => Assert.True(char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_'));
        Assert.InRange(text.Length, 1, DaprTokens.MaxLength);
    }

    [Fact]
    public void A_token_that_another_key_signed_is_none()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.False(DaprTokens.TryRead(Write(other), _key, out _));
    }

    [Fact]
    public void A_signature_over_another_kind_of_message_makes_no_token()
    {
        var bytes = _token.ToByteArray();
        foreach (var signed in new[] { bytes, SignedOrder.OfPrefetch(bytes) })
        {
            var text = $"podpool.{Base64Url.EncodeToString(bytes)}.{Base64Url.EncodeToString(_key.SignData(signed, HashAlgorithmName.SHA256))}";
            Assert.False(DaprTokens.TryRead(text, _key, out _));
        }
    }

    [Fact]
    public void A_token_that_was_changed_anywhere_says_nothing_else()
    {
        var text = Write(_key);
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.Char["ABab01-_.=% "]).Sample((at, character) =>
        {
            var changed = $"{text[..at]}{character}{text[(at + 1)..]}";

            // Base64 has spare bits at an end: another text may be the same bytes, never another token.
            Assert.True(!DaprTokens.TryRead(changed, _key, out var read) || read.Equals(_token));
        });
    }

    [Fact]
    public void What_is_no_token_is_none()
    {
        Assert.False(DaprTokens.TryRead(null, _key, out _));
        Assert.False(DaprTokens.TryRead(Write(_key) + new string('A', DaprTokens.MaxLength), _key, out _));
        Gen.OneOf(Gen.String[0, 60], Gen.String[Gen.Char["podpl.AB-_"], 0, 60].Select(rest => "podpool." + rest)).Sample(text => Assert.False(DaprTokens.TryRead(text, _key, out _)));
    }

    private string Write(ECDsa key) => DaprTokens.Write(_token, bytes => key.SignData(bytes, HashAlgorithmName.SHA256));
}
