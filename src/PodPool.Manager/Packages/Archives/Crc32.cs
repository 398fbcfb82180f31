namespace PodPool.Manager.Packages.Archives;

/// <summary>The checksum that a zip keeps of a file (polynomial 0xEDB88320, reflected). The framework's reader does not look at it.</summary>
internal sealed class Crc32
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(number =>
    {
        var value = (uint)number;
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ 0xEDB88320;
        }

        return value;
    })];

    private uint _state = uint.MaxValue;

    /// <summary>Of all bytes so far.</summary>
    public uint Value => ~_state;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var state = _state;
        foreach (var next in bytes)
        {
            state = Table[(byte)(state ^ next)] ^ (state >> 8);
        }

        _state = state;
    }
}
