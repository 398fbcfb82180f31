using System.Text;

namespace PodPool.Manager.Packages;

/// <summary>What others wrote, fit for a message and a log.</summary>
internal static class Visible
{
    private const int MaxLength = 200;

    /// <summary>At most 200 characters, none of them a control character or half a one.</summary>
    public static string Of(string text)
    {
        var visible = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (visible.Length >= MaxLength)
            {
                return visible.Append('…').ToString();
            }

            visible.Append(Rune.IsControl(rune) ? Rune.ReplacementChar.ToString() : rune.ToString());
        }

        return visible.ToString();
    }
}
