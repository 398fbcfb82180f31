namespace PodPool.Simulation;

/// <summary>Which function a request is for, by Zipf's law; a draw costs the same whatever their number (Walker's aliases 1977, built as Vose 1991 does).</summary>
internal sealed class Popularity
{
    private readonly double[] _own;
    private readonly int[] _alias;

    public Popularity(int functions, double zipf)
    {
        var weights = Enumerable.Range(1, functions).Select(rank => Math.Pow(rank, -zipf)).ToArray();
        var mean = weights.Sum() / functions;
        _own = Array.ConvertAll(weights, weight => weight / mean);
        _alias = [.. Enumerable.Range(0, functions)];
        var poor = new Stack<int>(_alias.Where(i => _own[i] < 1));
        var rich = new Stack<int>(_alias.Where(i => _own[i] >= 1));
        while (poor.TryPop(out var less) && rich.TryPop(out var more))
        {
            _alias[less] = more;
            _own[more] -= 1 - _own[less];
            (_own[more] < 1 ? poor : rich).Push(more);
        }
    }

    public int Draw(Chance chance)
    {
        var place = chance.Below(_own.Length);

        // What rounding left over is its own.
        return _alias[place] == place || chance.Uniform() < _own[place] ? place : _alias[place];
    }
}
