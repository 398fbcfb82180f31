namespace PodPool.Simulation;

/// <summary>The functions of a trace, numbered as they come. A name that is known costs no allocation.</summary>
internal sealed class FunctionBook
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly List<string> _names = [];

    public FunctionBook() => _bySpan = _places.GetAlternateLookup<ReadOnlySpan<char>>();

    public IReadOnlyList<string> Names => _names;

    public int PlaceOf(ReadOnlySpan<char> name)
    {
        if (!_bySpan.TryGetValue(name, out var place))
        {
            place = _names.Count;
            _names.Add(name.ToString());
            _places.Add(_names[place], place);
        }

        return place;
    }
}
