using Google.Protobuf;
using Grpc.Core;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Runtime.Life;

namespace PodPool.Runtime.Loader;

/// <summary>
/// Files that a warm pod was given ahead of its claim, each under the name of its digest, which was checked when it came. Bytes
/// only: nothing of them is loaded. The claim takes what it names; all else is gone before any code of the function runs.
/// </summary>
/// <param name="folder">There only while something is held.</param>
internal sealed class HeldFiles(string folder) : IDisposable
{
    private readonly string _incoming = Path.Combine(folder, "incoming");
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _closing = new();
    private Dictionary<ByteString, string> _paths = [];
    private IReadOnlyList<string> _packages = [];

    /// <summary>Digests of the files, and of the packages that are whole.</summary>
    public (IReadOnlyCollection<ByteString> Files, IReadOnlyList<string> Packages) Contents
    {
        get
        {
            lock (_lock)
            {
                return (_paths.Keys.ToArray(), _packages);
            }
        }
    }

    /// <summary>Receives what an order names and the pod does not hold; drops what it does not name.</summary>
    /// <returns>Bytes that were received.</returns>
    /// <exception cref="RefusalException">As loader.proto lists them; what is held is as it was.</exception>
    public async Task<long> ReceiveAsync(PrefetchOrder order, IAsyncStreamReader<PrefetchRequest> parts, string podId, CancellationToken cancellationToken)
    {
        if (Check(order) is { } fault)
        {
            throw new RefusalException(fault.Reason, fault.Message, ("file", fault.Path));
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            await _turn.WaitAsync(ending.Token).ConfigureAwait(false);
            try
            {
                return await ReceiveAsync(order, parts, ending.Token).ConfigureAwait(false);
            }
            finally
            {
                Tidy();
                _turn.Release();
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            throw PodLife.NotWarm(podId, PodPhase.PodSpecializing);
        }
    }

    /// <summary>Nothing is received any more; returns when what was being received is gone.</summary>
    public async ValueTask CloseAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        _turn.Release();
    }

    /// <summary>Brings a file to its place in the function's package.</summary>
    /// <returns>False: it is not held.</returns>
    public bool TryTake(PackageFile file, string place)
    {
        lock (_lock)
        {
            if (!_paths.TryGetValue(file.Sha256, out var path))
            {
                return false;
            }

            if (Path.GetDirectoryName(path) != folder)
            {
                // The package has it twice, under two names.
                File.Copy(path, place);
                return true;
            }

            File.Move(path, place);
            _paths[file.Sha256] = place;
            return true;
        }
    }

    /// <summary>Removes what a package does not name. Freeing memory takes a tenth of a millisecond a megabyte: so it is begun early.</summary>
    public void DropOthers(IEnumerable<PackageFile> files)
    {
        List<string> dropped = [];
        lock (_lock)
        {
            _packages = [];
            foreach (var digest in _paths.Keys.Except(files.Select(file => file.Sha256)).ToList())
            {
                _paths.Remove(digest, out var path);
                dropped.Add(path!);
            }
        }

        dropped.ForEach(File.Delete);
    }

    /// <summary>Removes what was not taken.</summary>
    public void Drop()
    {
        lock (_lock)
        {
            (_paths, _packages) = ([], []);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _turn.Dispose();
        _closing.Dispose();
    }

    private static PackageFault? Check(PrefetchOrder order)
    {
        if (order.Files.Count > 0 && PackageRules.Check(order.Files) is { } fault)
        {
            return fault;
        }

        if (order.Files.FirstOrDefault(file => file.Path != Convert.ToHexStringLower(file.Sha256.Span)) is { } misnamed)
        {
            return new(Reason.PackageInvalid, misnamed.Path, $"the file '{misnamed.Path}' is not named by its digest");
        }

        return order.Packages.Any(package => package.Files.Any(file => file < 0 || file >= order.Files.Count))
            ? new(Reason.PackageInvalid, "", "a package names a file that the order does not have")
            : null;
    }

    private async Task<long> ReceiveAsync(PrefetchOrder order, IAsyncStreamReader<PrefetchRequest> parts, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_incoming);
        var before = _paths;
        using (var receiver = new PackageReceiver(_incoming, order.Files, (file, _) => before.ContainsKey(file.Sha256)))
        {
            await receiver.ReceiveAsync(parts, static part => part.Chunk, cancellationToken).ConfigureAwait(false);
        }

        lock (_lock)
        {
            _closing.Token.ThrowIfCancellationRequested();
            var received = 0L;
            foreach (var file in new DirectoryInfo(_incoming).EnumerateFiles())
            {
                received += file.Length;
                file.MoveTo(Path.Combine(folder, file.Name), overwrite: true);
            }

            _paths = order.Files.ToDictionary(file => file.Sha256, file => Path.Combine(folder, file.Path));
            _packages = [.. order.Packages.Select(package => package.Digest)];
            return received;
        }
    }

    /// <summary>Removes what is not held: dropped by an order, or received by half.</summary>
    private void Tidy()
    {
        lock (_lock)
        {
            if (!Directory.Exists(folder))
            {
                return;
            }

            Directory.Delete(_incoming, recursive: true);
            var held = _paths.Values.ToHashSet(StringComparer.Ordinal);
            foreach (var path in Directory.GetFiles(folder).Where(path => !held.Contains(path)))
            {
                File.Delete(path);
            }
        }
    }
}
