using System.Security.Cryptography;
using Google.Protobuf;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Packages;

/// <summary>
/// The bytes of hot files in memory, in chunks as they are sent. A file that is being sent is leased: it is neither thrown out nor
/// read twice, and counts. What does not fit beside what is leased is read for the one who asked and forgotten after; a cache
/// that refused it (as <c>MemoryCache</c> does, silently) would read it from disk at every start.
/// </summary>
/// <param name="store">Where files are read from.</param>
/// <param name="limit">Bytes.</param>
internal sealed class FileCache(PackageStore store, long limit)
{
    /// <summary>Bytes of a file in one message.</summary>
    public const int ChunkSize = 256 << 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<ByteString, Entry> _entries = [];

    // Least lately used first.
    private readonly LinkedList<Entry> _order = [];
    private long _held;

    /// <summary>Bytes in memory.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>A file's chunks, for as long as the lease is not disposed. Completed at once when the file is in memory.</summary>
    /// <exception cref="FileNotFoundException">The store does not hold the file.</exception>
    /// <exception cref="InvalidDataException">What the store holds is not what its name says.</exception>
    public ValueTask<FileLease> LeaseAsync(PackageFile file)
    {
        Entry? entry;
        lock (_gate)
        {
            if (_entries.TryGetValue(file.Sha256, out entry))
            {
                _order.Remove(entry.Place);
                _order.AddLast(entry.Place);
            }
            else
            {
                entry = new Entry(file.Sha256, file.Size);
                _entries.Add(file.Sha256, entry);
                _order.AddLast(entry.Place);
                _held += file.Size;
                MakeRoom();
            }

            entry.Leases++;
        }

        return entry.Chunks is { IsCompletedSuccessfully: true } chunks ? new(new FileLease(this, entry, chunks.Result)) : Load(entry);

        async ValueTask<FileLease> Load(Entry loading)
        {
            try
            {
                return new FileLease(this, loading, await loading.ReadOnce(store).ConfigureAwait(false));
            }
            catch
            {
                Forget(loading);
                throw;
            }
        }
    }

    /// <summary>Reads files before they are asked for; all of them or, where they would not fit, none.</summary>
    /// <returns>The first one that cannot be read, and why; null: there is none.</returns>
    public async Task<(PackageFile File, string Why)?> ReadAheadAsync(IReadOnlyCollection<PackageFile> files, CancellationToken cancellationToken)
    {
        if (files.Sum(file => file.Size) > limit)
        {
            return null;
        }

        foreach (var file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                (await LeaseAsync(file).ConfigureAwait(false)).Dispose();
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException)
            {
                return (file, exception.Message);
            }
        }

        return null;
    }

    private void Forget(Entry entry)
    {
        lock (_gate)
        {
            entry.Leases--;
            if (_entries.TryGetValue(entry.Digest, out var held) && held == entry)
            {
                Remove(entry);
            }
        }
    }

    private void Release(Entry entry)
    {
        lock (_gate)
        {
            entry.Leases--;
            MakeRoom();
        }
    }

    /// <summary>Throws out what was not used for longest; what is leased stays until it is given back.</summary>
    private void MakeRoom()
    {
        for (var next = _order.First; _held > limit && next is not null;)
        {
            var entry = next.Value;
            next = next.Next;
            if (entry.Leases == 0)
            {
                Remove(entry);
            }
        }
    }

    private void Remove(Entry entry)
    {
        _entries.Remove(entry.Digest);
        _order.Remove(entry.Place);
        _held -= entry.Size;
    }

    /// <summary>A file that must not be thrown out.</summary>
    internal readonly struct FileLease(FileCache cache, Entry entry, IReadOnlyList<ByteString> chunks) : IDisposable
    {
        /// <summary>The file, <see cref="ChunkSize"/> bytes at a time; none for an empty file.</summary>
        public IReadOnlyList<ByteString> Chunks { get; } = chunks;

        public void Dispose() => cache.Release(entry);
    }

    internal sealed class Entry
    {
        private readonly Lock _reading = new();

        public Entry(ByteString digest, long size)
        {
            (Digest, Size) = (digest, size);
            Place = new(this);
        }

        public ByteString Digest { get; }

        public long Size { get; }

        public LinkedListNode<Entry> Place { get; }

        public int Leases { get; set; }

        public Task<IReadOnlyList<ByteString>>? Chunks { get; private set; }

        public Task<IReadOnlyList<ByteString>> ReadOnce(PackageStore store)
        {
            lock (_reading)
            {
                return Chunks ??= ReadAsync(store);
            }
        }

        private async Task<IReadOnlyList<ByteString>> ReadAsync(PackageStore store)
        {
            var stream = store.OpenRead(Digest);
            await using var closing = stream.ConfigureAwait(false);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var chunks = new List<ByteString>();
            var length = stream.Length;
            for (long at = 0; at < length; at += ChunkSize)
            {
                var chunk = new byte[Math.Min(ChunkSize, length - at)];
                await stream.ReadExactlyAsync(chunk).ConfigureAwait(false);
                hash.AppendData(chunk);
                chunks.Add(UnsafeByteOperations.UnsafeWrap(chunk));
            }

            // Disks decay, and people edit; a pod would find out, but only when a caller waits.
            if (length != Size || !Digest.Span.SequenceEqual(hash.GetHashAndReset()))
            {
                store.Discard(Digest);
                throw new InvalidDataException($"the stored file {Convert.ToHexStringLower(Digest.Span)} is damaged");
            }

            return chunks;
        }
    }
}
