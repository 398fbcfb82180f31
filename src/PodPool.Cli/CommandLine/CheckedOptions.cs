using System.CommandLine;
using System.Globalization;

namespace PodPool.Cli.CommandLine;

/// <summary>Options whose values have limits.</summary>
internal static class CheckedOptions
{
    /// <summary>A number between two others, both included. What is no number at all is refused by the parser.</summary>
    public static Option<T> Within<T>(this Option<T> option, double min, double max)
    {
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !(number >= min && number <= max))
                {
                    result.AddError(FormattableString.Invariant($"{option.Name} is {number}; it must be {min:#,0.######} to {max:#,0.######}."));
                }
            }
        });
        return option;
    }

    /// <summary>Words in lower case for an enum's values.</summary>
    public static Option<T> OneOf<T>(this Option<T> option, params string[] words)
        where T : struct, Enum
    {
        option.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, words);
        option.HelpName = string.Join('|', words);
        option.CompletionSources.Clear();
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>One of a few words, or several of them.</summary>
    public static Option<string[]> OneOfWords(this Option<string[]> option, IReadOnlyList<string> words)
    {
        option.AcceptOnlyFromAmong([.. words]);
        return option;
    }

    /// <summary>An absolute address of HTTP.</summary>
    public static Option<Uri?> Url(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            {
                return url;
            }

            result.AddError($"{name} is '{result.Tokens[0].Value}'; it must be http://… or https://….");
            return null;
        },
    };

    public static Option<int> NotNegative(Option<int> option) => option.Within(0, int.MaxValue);
}
