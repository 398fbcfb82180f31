namespace PodPool.Core;

/// <summary>
/// Warm pods that only one function may take. Not certain pods but a number: a claim takes from what is nobody's, and when nothing is left of that, only who
/// has some of its own gets more. A pod that becomes warm is first of all what somebody's number lacks; so a rush cannot use up what was to be kept from it.
/// </summary>
internal sealed class Reserve
{
    private readonly Dictionary<FunctionName, Share> _shares = [];
    private int _kept;

    /// <summary>Warm pods to be kept for named functions.</summary>
    public int Total { get; private set; }

    /// <summary>Others are kept from now on; what was there for somebody stays, as far as it is wanted.</summary>
    public void Change(IReadOnlyDictionary<FunctionName, int> reserve)
    {
        foreach (var gone in _shares.Keys.Where(name => !reserve.ContainsKey(name)).ToList())
        {
            _shares.Remove(gone);
        }

        foreach (var (name, wanted) in reserve)
        {
            if (!_shares.TryGetValue(name, out var share))
            {
                _shares.Add(name, share = new Share());
            }

            share.Wanted = wanted;
            share.Kept = Math.Min(share.Kept, wanted);
        }

        Total = _shares.Values.Sum(share => share.Wanted);
        _kept = _shares.Values.Sum(share => share.Kept);
    }

    /// <summary>So many pods are warm: shares that lack some get what is nobody's; if pods were lost, the largest gives way.</summary>
    public void Look(int warm)
    {
        while (_kept < Math.Min(warm, Total))
        {
            Change(_shares.Values.MaxBy(share => share.Wanted - share.Kept)!, 1);
        }

        while (_kept > warm)
        {
            Change(_shares.Values.MaxBy(share => share.Kept)!, -1);
        }
    }

    /// <summary>Whether a function may have one of so many warm pods.</summary>
    public bool Allows(FunctionName function, int warm) => warm > _kept || KeptFor(function) > 0;

    /// <summary>Warm pods that are kept for a function now.</summary>
    public int KeptFor(FunctionName function) => _shares.TryGetValue(function, out var share) ? share.Kept : 0;

    /// <summary>A function took one, and so many warm pods are left.</summary>
    public void Taken(FunctionName function, int left)
    {
        if (left < _kept)
        {
            Change(_shares[function], -1);
        }
    }

    /// <summary>Of the functions that want pods, the one whose turn it is when nothing is left but what is kept; null: none of them has any.</summary>
    public Function? Next(IReadOnlyDictionary<FunctionName, Function> functions)
    {
        Function? next = null;
        foreach (var (name, share) in _shares)
        {
            if (share.Kept > 0 && functions.TryGetValue(name, out var function) && function.Hunger.Pods > 0 && (next is null || function.Hunger.Before(next.Hunger)))
            {
                next = function;
            }
        }

        return next;
    }

    private void Change(Share share, int by)
    {
        share.Kept += by;
        _kept += by;
    }

    private sealed class Share
    {
        public int Wanted { get; set; }

        public int Kept { get; set; }
    }
}
