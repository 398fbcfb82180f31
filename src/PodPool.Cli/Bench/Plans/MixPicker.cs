using System.Threading.Channels;

namespace PodPool.Cli.Bench.Plans;

/// <summary>Chooses what a request goes to: functions at random in their proportions, and the names of one in turn.</summary>
internal sealed class MixPicker(IReadOnlyDictionary<string, double> mix, IReadOnlyDictionary<string, IReadOnlyList<Callee>> callees)
{
    private readonly (string Function, double Share)[] _shares = [.. mix.Select(part => (part.Key, part.Value))];
    private readonly double _total = mix.Values.Sum();
    private readonly Dictionary<string, int> _turns = new(StringComparer.Ordinal);

    public string NextFunction(Random random)
    {
        // With one function no chance is drawn: its arrivals are the same whether or not it is alone.
        var point = _shares.Length == 1 ? 0 : random.NextDouble() * _total;
        foreach (var (function, share) in _shares)
        {
            if ((point -= share) < 0)
            {
                return function;
            }
        }

        return _shares[^1].Function;
    }

    public Callee Next(Random random)
    {
        var function = NextFunction(random);
        var turn = _turns.GetValueOrDefault(function);
        _turns[function] = turn + 1;
        return callees[function][turn % callees[function].Count];
    }

    /// <summary>What is cold of each function, for a round in which all of it is.</summary>
    public IReadOnlyDictionary<string, Channel<Callee>> Queues() => mix.Keys.ToDictionary(function => function, function =>
    {
        var queue = Channel.CreateUnbounded<Callee>();
        foreach (var callee in callees[function])
        {
            queue.Writer.TryWrite(callee);
        }

        return queue;
    });
}
