using System.Security.Cryptography;

namespace PodPool.Core;

/// <summary>
/// A memory as text: <c>v1.</c> and base64 of numbers in a fixed order, little-endian, then eight bytes of their SHA-256. Always of one length, about 4 KB, as
/// long as a week has. Another order or number of buckets, slots or horizons is another version.
/// </summary>
/// <remarks>
/// Numbers are floats; the rates of the pattern, of which there are most, are halves: to a two-thousandth, and not above 60,000 claims a second.
/// </remarks>
internal static class SizingMemoryText
{
    private const string Version = "v1.";
    private const int Checksum = 8;

    private const int Length =
        sizeof(long) + sizeof(int) + 3 * sizeof(float)
        + 2 * RefillTimes.Buckets * sizeof(float) + sizeof(long)
        + 2 * ClaimRate.HorizonCount * sizeof(float)
        + 2 * ClaimBurstiness.Windows * sizeof(float)
        + ClaimPattern.Slots * (2 + sizeof(byte)) + 4 * sizeof(float);

    /// <summary>A refill time of less weight is as good as forgotten; as a float it would soon be no number that can be reckoned with.</summary>
    private const double Forgotten = 1e-30;

    /// <summary>The text.</summary>
    public static string Write(SizingMemory memory)
    {
        using var stream = new MemoryStream(Length + Checksum);
        using var writer = new BinaryWriter(stream);
        writer.Write(memory.At.ToUnixTimeMilliseconds());
        writer.Write(memory.Warm);
        Write(writer, [memory.Aim, memory.Claims, memory.Misses]);
        Write(writer, memory.Refills);
        Write(writer, memory.Rate.Claims);
        Write(writer, memory.Rate.Seconds);
        Write(writer, memory.Burstiness.Squares);
        Write(writer, memory.Burstiness.Claims);
        Write(writer, memory.Pattern);
        var bytes = stream.ToArray();
        return Version + Convert.ToBase64String([.. bytes, .. ChecksumOf(bytes)]);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">It.</param>
    /// <param name="memory">What it says, not looked at yet; null: it cannot be read.</param>
    /// <returns>Why it cannot be read; null: it can.</returns>
    public static string? Read(string text, out SizingMemory? memory)
    {
        memory = null;
        if (!text.StartsWith(Version, StringComparison.Ordinal))
        {
            return $"it is not of the version that this manager reads, {Version[..^1]}";
        }

        Span<byte> bytes = new byte[Length + Checksum];
        if (!Convert.TryFromBase64Chars(text.AsSpan(Version.Length), bytes, out var length) || length != bytes.Length || !ChecksumOf(bytes[..Length]).SequenceEqual(bytes[Length..]))
        {
            return "it is damaged";
        }

        using var reader = new BinaryReader(new MemoryStream(bytes[..Length].ToArray()));
        var at = reader.ReadInt64();
        if (at < DateTimeOffset.MinValue.ToUnixTimeMilliseconds() || at > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            return "it is of no time that there is";
        }

        memory = new()
        {
            // In the order in which they stand.
            At = DateTimeOffset.FromUnixTimeMilliseconds(at),
            Warm = reader.ReadInt32(),
            Aim = reader.ReadSingle(),
            Claims = reader.ReadSingle(),
            Misses = reader.ReadSingle(),
            Refills = new(Read(reader, RefillTimes.Buckets), Read(reader, RefillTimes.Buckets), reader.ReadInt64()),
            Rate = new(Read(reader, ClaimRate.HorizonCount), Read(reader, ClaimRate.HorizonCount)),
            Burstiness = new(Read(reader, ClaimBurstiness.Windows), Read(reader, ClaimBurstiness.Windows)),
            Pattern = ReadPattern(reader),
        };
        return null;
    }

    private static ReadOnlySpan<byte> ChecksumOf(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes).AsSpan(0, Checksum);

    private static void Write(BinaryWriter writer, IEnumerable<double> values)
    {
        foreach (var value in values)
        {
            writer.Write((float)value);
        }
    }

    private static void Write(BinaryWriter writer, RefillTimesMemory refills)
    {
        Write(writer, refills.Weights.Select(weight => weight < Forgotten ? 0 : weight));
        Write(writer, refills.Seconds.Zip(refills.Weights, (seconds, weight) => weight < Forgotten ? 0 : seconds));
        writer.Write(refills.Measured);
    }

    private static void Write(BinaryWriter writer, ClaimPatternMemory pattern)
    {
        foreach (var rate in pattern.Rates)
        {
            writer.Write((Half)Math.Min(rate, SizingMemoryRules.MostRate));
        }

        foreach (var seen in pattern.Seen)
        {
            // After some times one more makes no difference.
            writer.Write((byte)Math.Min(seen, byte.MaxValue));
        }

        Write(writer, [pattern.SlotClaims, pattern.SlotSeconds, pattern.LevelClaims, pattern.LevelExpected]);
    }

    private static double[] Read(BinaryReader reader, int count)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = reader.ReadSingle();
        }

        return values;
    }

    private static ClaimPatternMemory ReadPattern(BinaryReader reader)
    {
        var (rates, seen) = (new double[ClaimPattern.Slots], new int[ClaimPattern.Slots]);
        for (var i = 0; i < ClaimPattern.Slots; i++)
        {
            rates[i] = (double)reader.ReadHalf();
        }

        for (var i = 0; i < ClaimPattern.Slots; i++)
        {
            seen[i] = reader.ReadByte();
        }

        return new(rates, seen, reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle());
    }
}
