namespace PodPool.Manager.Packages.Registries;

/// <summary>What a server wants to see before it answers (RFC 9110, 11.6.1).</summary>
/// <param name="Scheme">As it was written; its case says nothing.</param>
/// <param name="Parameters">By name, in any case.</param>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>Reads the values of <c>WWW-Authenticate</c>. What cannot be read ends its value's list.</summary>
    public static List<Challenge> Parse(IEnumerable<string> values)
    {
        var challenges = new List<Challenge>();
        foreach (var value in values)
        {
            new Reader(value).ReadInto(challenges);
        }

        return challenges;
    }

    private ref struct Reader(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        public void ReadInto(List<Challenge> challenges)
        {
            Dictionary<string, string>? parameters = null;
            while (true)
            {
                SkipSpace(andCommas: true);
                var word = Token();
                if (word.Length == 0)
                {
                    return;
                }

                SkipSpace(andCommas: false);
                if (parameters is not null && Skip('='))
                {
                    SkipSpace(andCommas: false);
                    parameters.TryAdd(word, Value());
                }
                else
                {
                    // A word with no value begins the next challenge.
                    parameters = new(StringComparer.OrdinalIgnoreCase);
                    challenges.Add(new(word, parameters));
                }
            }
        }

        private string Value()
        {
            if (!Skip('"'))
            {
                return Token();
            }

            var value = new System.Text.StringBuilder();
            while (_rest.Length > 0 && !Skip('"'))
            {
                if (_rest[0] == '\\' && _rest.Length > 1)
                {
                    _rest = _rest[1..];
                }

                value.Append(_rest[0]);
                _rest = _rest[1..];
            }

            return value.ToString();
        }

        private string Token()
        {
            var length = _rest.IndexOfAny(" \t,=\"");
            var token = (length < 0 ? _rest : _rest[..length]).ToString();
            _rest = _rest[token.Length..];
            return token;
        }

        private bool Skip(char character)
        {
            if (_rest.Length == 0 || _rest[0] != character)
            {
                return false;
            }

            _rest = _rest[1..];
            return true;
        }

        private void SkipSpace(bool andCommas)
        {
            while (_rest.Length > 0 && (_rest[0] is ' ' or '\t' || (andCommas && _rest[0] == ',')))
            {
                _rest = _rest[1..];
            }
        }
    }
}
