using Microsoft.Extensions.Logging;

namespace PodPool.Contracts.Wire;

/// <summary>Who this process is over TLS, and whom it believes, as a folder says now.</summary>
/// <remarks>
/// The folder is looked at in every handshake. A process sees few in its life, and three small files are nothing beside the signature of one; a
/// watcher would cost every idle pod a thread, and would come too late for the first connection after a change. Connections that are open live on.
/// </remarks>
public sealed partial class FolderIdentity
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private FolderCertificate _current;
    private string _seen;

    /// <summary>Reads the folder.</summary>
    /// <exception cref="FormatException">It does not hold what it must; the message says what is wrong.</exception>
    public FolderIdentity(string folder, TimeProvider time, ILogger logger)
    {
        (_folder, _time, _logger) = (folder, time, logger);
        var files = CertificateFiles.ReadFrom(folder);
        _current = FolderCertificate.Of(files, time.GetUtcNow());
        _seen = files.Digest;
    }

    /// <summary>For one handshake. What is replaced is not disposed: handshakes that began with it may still run.</summary>
    public FolderCertificate Current
    {
        get
        {
            lock (_gate)
            {
                var files = CertificateFiles.ReadFrom(_folder);
                if (files.Digest == _seen)
                {
                    return _current;
                }

                _seen = files.Digest;
                try
                {
                    _current = FolderCertificate.Of(files, _time.GetUtcNow());
                    Log.Renewed(_logger, _folder, _current.Thumbprint, _current.ExpiresAt);
                }
                catch (FormatException exception)
                {
                    Log.Kept(_logger, exception.Message, _current.Thumbprint, _current.ExpiresAt);
                }

                return _current;
            }
        }
    }

    /// <summary>Reads the folder when it holds what it must; what is wrong with it until then is said once.</summary>
    public static async Task<FolderIdentity> WaitAsync(string folder, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        string? said = null;
        while (true)
        {
            try
            {
                var identity = new FolderIdentity(folder, time, logger);
                if (said is not null)
                {
                    Log.Renewed(logger, folder, identity._current.Thumbprint, identity._current.ExpiresAt);
                }

                return identity;
            }
            catch (FormatException exception)
            {
                if (exception.Message != said)
                {
                    said = exception.Message;
                    Log.Awaited(logger, said);
                }
            }

            await Task.Delay(LookEvery, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The certificate in {Folder} is now {Thumbprint}, until {ExpiresAt:u}", EventName = "CertificateRenewed")]
        public static partial void Renewed(ILogger logger, string folder, string thumbprint, DateTimeOffset expiresAt);

        [LoggerMessage(2, LogLevel.Warning, "The new certificate cannot be used: {Message}. {Thumbprint} is kept, until {ExpiresAt:u}", EventName = "CertificateKept")]
        public static partial void Kept(ILogger logger, string message, string thumbprint, DateTimeOffset expiresAt);

        [LoggerMessage(3, LogLevel.Warning, "There is no certificate yet, it is waited for: {Message}", EventName = "CertificateAwaited")]
        public static partial void Awaited(ILogger logger, string message);
    }
}
