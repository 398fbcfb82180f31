using System.Text;

namespace PodPool.DaprStandIn.Go;

/// <summary>A path as Go's net/url keeps it.</summary>
/// <param name="Path">Decoded.</param>
/// <param name="RawPath">As it was sent, where that is not how Go itself would write it; else empty.</param>
/// <remarks>https://pkg.go.dev/net/url#URL: RawPath, EscapedPath.</remarks>
internal sealed record GoUrl(string Path, string RawPath)
{
    /// <summary>Escaped: as it was sent, unless something in it should have been escaped and was not; then all of it is escaped anew.</summary>
    public string EscapedPath => RawPath.Length > 0 && IsValid(RawPath) ? RawPath : Escape(Path);

    /// <exception cref="FormatException">A percent sign is not followed by two hexadecimal digits.</exception>
    public static GoUrl Parse(string path)
    {
        var decoded = Unescape(path, plusIsSpace: false);
        return new(decoded, Escape(decoded) == path ? "" : path);
    }

    /// <summary>A path without empty and dotted segments, as Go's path.Clean leaves it.</summary>
    public static string Clean(string path)
    {
        List<string> kept = [];
        foreach (var segment in path.Split('/'))
        {
            if (segment == ".." && kept.Count > 0)
            {
                kept.RemoveAt(kept.Count - 1);
            }
            else if (segment is not ("" or "." or ".."))
            {
                kept.Add(segment);
            }
        }

        return "/" + string.Join('/', kept);
    }

    /// <summary>A parameter of a path, decoded like one of a query: a plus is a space.</summary>
    /// <exception cref="FormatException">A percent sign is not followed by two hexadecimal digits.</exception>
    public static string UnescapeParameter(string text) => Unescape(text, plusIsSpace: true);

    private static string Unescape(string text, bool plusIsSpace)
    {
        if (!text.Contains('%', StringComparison.Ordinal) && !(plusIsSpace && text.Contains('+', StringComparison.Ordinal)))
        {
            return text;
        }

        var bytes = new List<byte>(text.Length);
        var sent = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < sent.Length; i++)
        {
            if (sent[i] != (byte)'%')
            {
                bytes.Add(plusIsSpace && sent[i] == (byte)'+' ? (byte)' ' : sent[i]);
                continue;
            }

            if (i + 2 >= sent.Length || !char.IsAsciiHexDigit((char)sent[i + 1]) || !char.IsAsciiHexDigit((char)sent[i + 2]))
            {
                throw new FormatException($"invalid URL escape \"{text[Math.Min(i, text.Length)..Math.Min(i + 3, text.Length)]}\"");
            }

            bytes.Add(Convert.FromHexString([(char)sent[i + 1], (char)sent[i + 2]])[0]);
            i += 2;
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static string Escape(string path)
    {
        var text = new StringBuilder(path.Length);
        foreach (var value in Encoding.UTF8.GetBytes(path))
        {
            _ = char.IsAsciiLetterOrDigit((char)value) || "-_.~$&+/:=@".Contains((char)value, StringComparison.Ordinal)
                ? text.Append((char)value)
                : text.Append('%').Append(value.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static bool IsValid(string path)
        => path.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_.~$&+/:=@!'()*,;[]%".Contains(letter, StringComparison.Ordinal));
}
