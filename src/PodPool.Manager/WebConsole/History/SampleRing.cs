namespace PodPool.Manager.WebConsole.History;

/// <summary>The newest samples, in the order of their times, in fixed memory.</summary>
/// <param name="capacity">How many.</param>
internal sealed class SampleRing(int capacity)
{
    private readonly LevelSample[] _samples = new LevelSample[capacity];
    private int _first;

    public int Count { get; private set; }

    /// <summary>The oldest is 0.</summary>
    public LevelSample this[int index] => _samples[(_first + index) % _samples.Length];

    public LevelSample? Newest => Count > 0 ? this[Count - 1] : null;

    public void Add(LevelSample sample)
    {
        if (Count == _samples.Length)
        {
            _first = (_first + 1) % _samples.Length;
            Count--;
        }

        _samples[(_first + Count++) % _samples.Length] = sample;
    }

    public void RemoveNewest() => Count--;
}
