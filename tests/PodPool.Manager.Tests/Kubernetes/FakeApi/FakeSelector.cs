namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>Which objects a list or a watch sees: namespace, labels (<c>a=b,c!=d,e,!f,g in (h,i)</c>) and fields (<c>metadata.name=a</c>).</summary>
internal sealed class FakeSelector
{
    private readonly List<Func<FakeObject, bool>> _conditions = [];

    public FakeSelector(string? @namespace, string? labels, string? fields)
    {
        if (!string.IsNullOrEmpty(@namespace))
        {
            _conditions.Add(subject => subject.Namespace == @namespace);
        }

        _conditions.AddRange(Split(labels).Select(one => Condition(one, name => ["metadata", "labels", name])));
        _conditions.AddRange(Split(fields).Select(one => Condition(one, name => name.Split('.'))));
    }

    public bool Sees(FakeObject? subject) => subject is not null && _conditions.TrueForAll(condition => condition(subject));

    private static Func<FakeObject, bool> Condition(string text, Func<string, string[]> pathOf)
    {
        if (text.EndsWith(')'))
        {
            var words = text.Split([' ', '(', ')', ','], StringSplitOptions.RemoveEmptyEntries);
            var (path, isIn, values) = (pathOf(words[0]), words[1] == "in", words[2..]);
            return subject => values.Contains(subject.Text(path)) == isIn;
        }

        var parts = text.Split(["!=", "==", "="], StringSplitOptions.TrimEntries);
        if (parts.Length == 1)
        {
            var (path, isThere) = (pathOf(text.TrimStart('!')), text[0] != '!');
            return subject => subject.Text(path) is not null == isThere;
        }

        var (field, isEqual) = (pathOf(parts[0]), !text.Contains("!=", StringComparison.Ordinal));
        return subject => ((subject.Text(field) ?? "") == parts[1]) == isEqual;
    }

    /// <summary>At commas outside brackets.</summary>
    private static IEnumerable<string> Split(string? text)
    {
        var (depth, from) = (0, 0);
        for (var at = 0; at <= (text?.Length ?? -1); at++)
        {
            var character = at < text!.Length ? text[at] : ',';
            depth += character == '(' ? 1 : character == ')' ? -1 : 0;
            if (character == ',' && depth == 0)
            {
                if (text[from..at].Trim() is { Length: > 0 } one)
                {
                    yield return one;
                }

                from = at + 1;
            }
        }
    }
}
