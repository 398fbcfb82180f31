using System.Diagnostics;
using PodPool.Contracts.V1;
using PodPool.Manager.Packages.Archives;
using PodPool.Manager.Packages.Registries;
using PodPool.Manager.Packages.Transport;

namespace PodPool.Manager.Packages;

/// <inheritdoc cref="IPackageSource"/>
internal sealed partial class PackageSource : IPackageSource, IDisposable
{
    private static readonly TimeSpan CollectEvery = TimeSpan.FromHours(1);

    /// <summary>Who comes back to a reference after this has its manifest read again: some milliseconds.</summary>
    private static readonly TimeSpan KeepReferences = TimeSpan.FromDays(7);

    private readonly PackageStore _store;
    private readonly ResolvedPackages _resolved;
    private readonly PackageTransport _transport;
    private readonly RegistryClient _registries;
    private readonly ArchiveClient _archives;
    private readonly ILogger<PackageSource> _logger;
    private readonly TimeProvider _time;
    private readonly Turns _turns = new();

    /// <exception cref="ManagerOptionsException">An option is not as it must be.</exception>
    public PackageSource(ManagerOptions manager, PackageSourceOptions options, PackageStore store, TimeProvider time, ILoggerFactory loggers)
    {
        options.Validate();
        (_store, _time, _logger) = (store, time, loggers.CreateLogger<PackageSource>());
        _resolved = new(manager, time, loggers.CreateLogger<ResolvedPackages>());
        _transport = new(options, time, loggers.CreateLogger<PackageTransport>());
        _registries = new(_transport, new RegistryAuthorizer(_transport, time), store, options);
        _archives = new(manager, _transport, store);
    }

    /// <inheritdoc/>
    public async Task<ResolvedPackage> ResolveAsync(PackageReference reference, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        if (FindWhole(reference) is { } held)
        {
            return held;
        }

        // Functions that share a package fetch it once.
        using var turn = await _turns.TakeAsync(reference.Key, cancellationToken).ConfigureAwait(false);
        if (FindWhole(reference) is { } brought)
        {
            return brought;
        }

        var started = _time.GetTimestamp();
        var resolved = reference switch
        {
            PackageReference.Image image => await PullAsync(image, credentials, cancellationToken).ConfigureAwait(false),
            PackageReference.Archive archive => new(await _archives.PullAsync(archive.Reference, credentials, cancellationToken).ConfigureAwait(false), PackageConfig.None),
            _ => throw new UnreachableException(),
        };
        _resolved.Keep(reference, resolved);
        Log.Fetched(_logger, reference.ToString(), resolved.Digest, resolved.Files.Count, resolved.Size, _time.GetElapsedTime(started));
        return resolved;
    }

    /// <inheritdoc/>
    public async Task<ImageReference> PushAsync(
        RepositoryReference repository, IReadOnlyList<PackageFile> files, PackageConfig config, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var image = await _registries.PushAsync(repository, files, config, credentials, cancellationToken).ConfigureAwait(false);
        Log.Pushed(_logger, image.ToString(), files.Count, _time.GetElapsedTime(started));
        return image;
    }

    /// <inheritdoc/>
    public Task CheckAsync(RepositoryReference repository, RegistryCredentials? credentials, CancellationToken cancellationToken)
        => _registries.CheckAsync(repository, credentials, cancellationToken);

    /// <summary>Forgets which files references mean that nobody asked for since; the files are the store's to collect.</summary>
    public int Collect(TimeSpan keep) => _resolved.Collect(keep);

    /// <summary>Forgets from time to time, until it is ended.</summary>
    public async Task KeepHouseAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CollectEvery, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                Collect(KeepReferences);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Log.NotCollected(_logger, exception);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    private ResolvedPackage? FindWhole(PackageReference reference)
        => _resolved.Find(reference) is { } known && known.Files.All(_store.Holds) ? known : null;

    private async Task<ResolvedPackage> PullAsync(PackageReference.Image image, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        // The files may be gone where what they are is still known.
        if (_resolved.Find(image) is not { } resolved)
        {
            var (manifest, config) = await _registries.ReadAsync(image.Reference, credentials, cancellationToken).ConfigureAwait(false);
            resolved = new(manifest.Files, config);
        }

        await _registries.PullAsync(image.Reference, resolved.Files, credentials, cancellationToken).ConfigureAwait(false);
        return resolved;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The package {Reference} was fetched: {Digest}, {Files} files, {Bytes} bytes, in {Elapsed}", EventName = "Fetched")]
        public static partial void Fetched(ILogger logger, string reference, string digest, int files, long bytes, TimeSpan elapsed);

        [LoggerMessage(3, LogLevel.Warning, "What references mean that nobody uses could not be forgotten", EventName = "NotCollected")]
        public static partial void NotCollected(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Information, "The package {Reference} was pushed: {Files} files, in {Elapsed}", EventName = "Pushed")]
        public static partial void Pushed(ILogger logger, string reference, int files, TimeSpan elapsed);
    }

    /// <summary>One after the other, for each key.</summary>
    private sealed class Turns
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, Line> _lines = [];

        public async Task<IDisposable> TakeAsync(string key, CancellationToken cancellationToken)
        {
            Line? line;
            lock (_gate)
            {
                if (!_lines.TryGetValue(key, out line))
                {
                    _lines.Add(key, line = new());
                }

                line.Length++;
            }

            try
            {
                await line.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
                return new Turn(this, key, line);
            }
            catch
            {
                Leave(key, line);
                throw;
            }
        }

        private void Leave(string key, Line line)
        {
            lock (_gate)
            {
                if (--line.Length == 0)
                {
                    _lines.Remove(key);
                    line.Gate.Dispose();
                }
            }
        }

        private sealed class Line
        {
            public SemaphoreSlim Gate { get; } = new(1);

            public int Length { get; set; }
        }

        private sealed class Turn(Turns turns, string key, Line line) : IDisposable
        {
            public void Dispose()
            {
                line.Gate.Release();
                turns.Leave(key, line);
            }
        }
    }
}
