namespace PodPool.Manager.WebConsole.History;

/// <summary>
/// A pool's levels over the last hour in fixed memory (541 samples of 48 bytes): each second of the last five minutes, before that one moment of
/// each 15 s, the one with the fewest warm pods. That is a moment that was, so its levels add up; and a pool that was empty for a second is seen to have been.
/// </summary>
internal sealed class LevelHistory
{
    /// <summary>How many seconds are kept one by one.</summary>
    public const int FineSeconds = 300;

    /// <summary>How many seconds share a sample before that.</summary>
    public const int CoarseSeconds = 15;

    /// <summary>How far back it goes, in seconds.</summary>
    public const int Seconds = 3600;

    private readonly SampleRing _fine = new(FineSeconds);

    // One more, as the newest has only begun.
    private readonly SampleRing _coarse = new((Seconds / CoarseSeconds) + 1);

    /// <summary>Adds the levels of a second. When the clock was put back, what lies after it is forgotten.</summary>
    public void Add(LevelSample sample)
    {
        Forget(_fine, sample.At);
        _fine.Add(sample);

        var slot = sample.At / CoarseSeconds;
        Forget(_coarse, (slot + 1) * CoarseSeconds);
        if (_coarse.Newest is { } kept && kept.At / CoarseSeconds == slot)
        {
            if (sample.Levels.Warm > kept.Levels.Warm && kept.At < sample.At)
            {
                return;
            }

            _coarse.RemoveNewest();
        }

        _coarse.Add(sample);
    }

    /// <summary>What is kept, oldest first, without samples that say the same as the one before.</summary>
    public IReadOnlyList<LevelSample> Read()
    {
        var samples = new List<LevelSample>();
        var fine = _fine.Count > 0 ? _fine[0].At : long.MaxValue;
        for (var i = 0; i < _coarse.Count && _coarse[i].At < fine; i++)
        {
            Keep(_coarse[i]);
        }

        for (var i = 0; i < _fine.Count; i++)
        {
            Keep(_fine[i]);
        }

        return samples;

        void Keep(LevelSample sample)
        {
            if (samples.Count == 0 || samples[^1].Levels != sample.Levels)
            {
                samples.Add(sample);
            }
        }
    }

    private static void Forget(SampleRing ring, long from)
    {
        while (ring.Newest is { } newest && newest.At >= from)
        {
            ring.RemoveNewest();
        }
    }
}
