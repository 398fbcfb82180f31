namespace PodPool.Simulation;

/// <summary>
/// The calls of one minute, of which only the number is known, at independent uniform times within it. Any of the calls that are left comes next, at the least
/// of as many uniform times in what is left of the minute: so they are in order without sorting.
/// </summary>
internal sealed class CallsOfMinute(Spread duration, Chance chance)
{
    private int[] _functions = [];
    private long _begin;
    private int _calls;
    private int _given;
    private double _at;

    /// <param name="begin">When the minute begins, in ticks of the load.</param>
    /// <param name="calls">How often each function is called in it.</param>
    public void Begin(long begin, IEnumerable<(int Function, int Calls)> calls)
    {
        (_begin, _calls, _given, _at) = (begin, 0, 0, 0);
        foreach (var (function, count) in calls)
        {
            if (_functions.Length < _calls + count)
            {
                Array.Resize(ref _functions, Math.Max(_calls + count, 2 * _functions.Length));
            }

            _functions.AsSpan(_calls, count).Fill(function);
            _calls += count;
        }
    }

    public bool TryTake(out Arrival arrival)
    {
        if (_given == _calls)
        {
            arrival = default;
            return false;
        }

        var swap = _given + chance.Below(_calls - _given);
        (_functions[_given], _functions[swap]) = (_functions[swap], _functions[_given]);
        _at += (1 - _at) * (1 - Math.Pow(1 - chance.Uniform(), 1.0 / (_calls - _given)));
        arrival = new Arrival(_begin + (long)(_at * TimeSpan.TicksPerMinute), _functions[_given++], duration.Draw(chance));
        return true;
    }
}
