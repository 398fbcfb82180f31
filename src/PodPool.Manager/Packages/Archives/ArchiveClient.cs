using System.Net;
using System.Security.Cryptography;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Manager.Packages.Registries;
using PodPool.Manager.Packages.Transport;

namespace PodPool.Manager.Packages.Archives;

/// <summary>Fetches archives by URL. Nothing looks into one before its digest is known to be right.</summary>
internal sealed class ArchiveClient
{
    private const long MaxBytes = PackageLimits.MaxPackageSize;

    private readonly PackageTransport _transport;
    private readonly ArchiveReader _reader;
    private readonly string _folder;

    public ArchiveClient(ManagerOptions options, PackageTransport transport, PackageStore store)
    {
        (_transport, _reader, _folder) = (transport, new ArchiveReader(store), Path.Combine(options.StateFolder, "downloads"));

        // What an earlier manager did not finish is worth nothing.
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }

        Directory.CreateDirectory(_folder);
    }

    /// <summary>Brings an archive's files into the store.</summary>
    /// <returns>The files, ordered by path.</returns>
    /// <exception cref="PackageSourceException">It cannot be had, or is no package.</exception>
    public async Task<IReadOnlyList<PackageFile>> PullAsync(ArchiveReference archive, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var credential = credentials?.For(archive.Url.Authority);
        var state = credential is not null ? CredentialState.Given : credentials is null ? CredentialState.None : CredentialState.OtherHosts;
        var subject = new Subject($"server '{archive.Url.Authority}'", $"the archive {archive}", archive.Url.Authority, state, credentials?.Secret);
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        using var place = await _transport.EnterTransferAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _transport.RetryAsync(token => DownloadAsync(archive, credential, path, subject, token), cancellationToken).ConfigureAwait(false);
            return await StoreAsync(path, subject, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PackageSourceException.OfStorage(exception);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task<IReadOnlyList<PackageFile>> StoreAsync(string path, Subject subject, CancellationToken cancellationToken)
    {
        try
        {
            return await _reader.StoreAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (PackageSourceException exception)
        {
            throw subject.Fail(exception.Problem, exception.Message, exception.InnerException);
        }
    }

    private async Task<bool> DownloadAsync(ArchiveReference archive, RegistryCredential? credential, string path, Subject subject, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, archive.Url);
        if (credential is not null)
        {
            request.Headers.Authorization = new("Basic", credential.Basic);
        }

        using var response = await _transport.SendAsync(request, subject, null, cancellationToken).ConfigureAwait(false);
        await _transport.ExpectAsync(response, subject, cancellationToken, HttpStatusCode.OK).ConfigureAwait(false);
        if (response.Content.Headers.ContentLength is > MaxBytes and var announced)
        {
            throw TooLarge($"it has {announced} bytes");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        await using var closing = file.ConfigureAwait(false);
        await _transport.CopyAsync(
            response.Content,
            async (bytes, token) =>
            {
                if (file.Length + bytes.Length > MaxBytes)
                {
                    throw TooLarge("more bytes came");
                }

                hash.AppendData(bytes.Span);
                await file.WriteAsync(bytes, token).ConfigureAwait(false);
            },
            subject,
            cancellationToken).ConfigureAwait(false);
        var digest = hash.GetHashAndReset();
        return archive.Sha256.Span.SequenceEqual(digest)
            ? true
            : throw subject.Fail(
                PackageProblem.DigestMismatch,
                $"what came ({file.Length} bytes) has the SHA-256 {Convert.ToHexStringLower(digest)}: the archive is another one now, or something between changed it; set the function's sha256 if this is the one that is meant");

        PackageSourceException TooLarge(string what) => subject.Fail(PackageProblem.PackageTooLarge, $"{what}; {MaxBytes} are allowed");
    }
}
