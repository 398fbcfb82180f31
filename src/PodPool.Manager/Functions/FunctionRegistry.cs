using System.Collections.Immutable;
using Google.Protobuf;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Functions;

/// <summary>A function that is declared and cannot be served.</summary>
/// <param name="Name">The function.</param>
/// <param name="Message">What is wrong, and the remedy.</param>
internal sealed record BrokenFunction(Name Name, string Message)
{
    /// <summary>Whether nobody can tell which files it needs.</summary>
    public bool FilesUnknown { get; init; }

    /// <summary>Host names that are its own nevertheless.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Path prefixes that are its own nevertheless.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];
}

/// <summary>All functions that are deployed now.</summary>
internal sealed class FunctionRegistry
{
    private readonly FunctionFolder? _folder;
    private readonly Lock _gate = new();
    private ImmutableDictionary<Name, FunctionRecord> _all;
    private ImmutableDictionary<(Name, string), FunctionRecord> _revisions = ImmutableDictionary<(Name, string), FunctionRecord>.Empty;
    private ImmutableDictionary<Name, BrokenFunction> _broken;

    /// <param name="folder">Keeps them beyond this manager; null: somebody else does, and tells them anew.</param>
    public FunctionRegistry(FunctionFolder? folder = null)
    {
        _folder = folder;
        var (functions, broken) = folder?.ReadAll() ?? ([], []);
        _all = functions.ToImmutableDictionary(function => function.Name);
        _broken = broken.ToImmutableDictionary(function => function.Name);
    }

    /// <summary>Told which function has been set or removed, after it was.</summary>
    public event Action<Name>? Changed;

    /// <summary>The functions now.</summary>
    public ImmutableDictionary<Name, FunctionRecord> All => Volatile.Read(ref _all);

    /// <summary>Those that are declared, but cannot be served; none of them is in <see cref="All"/>.</summary>
    public ImmutableDictionary<Name, BrokenFunction> Broken => Volatile.Read(ref _broken);

    /// <summary>The revision of a function that a claim names: the one deployed now, or the one before.</summary>
    public FunctionRecord? Find(Name name, string revision)
        => All.TryGetValue(name, out var record) && record.Revision == revision ? record : Volatile.Read(ref _revisions).GetValueOrDefault((name, revision));

    /// <summary>Adds or replaces a function.</summary>
    public void Set(FunctionRecord record)
    {
        lock (_gate)
        {
            _folder?.Write(record);
            Forget(record.Name, keep: _all.GetValueOrDefault(record.Name));
            Volatile.Write(ref _all, _all.SetItem(record.Name, record));
            Volatile.Write(ref _broken, _broken.Remove(record.Name));
        }

        Changed?.Invoke(record.Name);
    }

    /// <summary>Says that a function which has never been served cannot be.</summary>
    /// <returns>Whether that is news.</returns>
    public bool SetBroken(BrokenFunction function)
    {
        lock (_gate)
        {
            if (_all.ContainsKey(function.Name) || (_broken.TryGetValue(function.Name, out var known) && known.Message == function.Message))
            {
                return false;
            }

            Volatile.Write(ref _broken, _broken.SetItem(function.Name, function));
            return true;
        }
    }

    /// <summary>Removes a function.</summary>
    /// <returns>What it was; null: it was not there.</returns>
    public FunctionRecord? Remove(Name name)
    {
        FunctionRecord? record;
        lock (_gate)
        {
            record = _all.GetValueOrDefault(name);
            _folder?.Delete(name);
            Forget(name, keep: null);
            Volatile.Write(ref _all, _all.Remove(name));
            Volatile.Write(ref _broken, _broken.Remove(name));
        }

        Changed?.Invoke(name);
        return record;
    }

    /// <summary>Digests of the files of all functions; null while one cannot be read, for nobody knows what it needs.</summary>
    public IReadOnlySet<ByteString>? NeededFiles()
        => !Broken.Values.Any(broken => broken.FilesUnknown) ? All.Values.Concat(Volatile.Read(ref _revisions).Values).SelectMany(record => record.Spec.Files).Select(file => file.Sha256).ToHashSet() : null;

    /// <summary>A claim that was decided before a deploy still finds its revision; what came before that, nobody asks for.</summary>
    private void Forget(Name name, FunctionRecord? keep)
    {
        var revisions = _revisions.RemoveRange(_revisions.Keys.Where(key => key.Item1 == name));
        Volatile.Write(ref _revisions, keep is null ? revisions : revisions.SetItem((name, keep.Revision), keep));
    }
}
