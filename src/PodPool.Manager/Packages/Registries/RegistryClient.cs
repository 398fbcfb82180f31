using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Grpc.Core;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Manager.Packages.Transport;

namespace PodPool.Manager.Packages.Registries;

/// <summary>Pulls packages from, and pushes them to, registries of the OCI distribution specification 1.1.</summary>
internal sealed class RegistryClient(PackageTransport transport, RegistryAuthorizer authorizer, PackageStore store, PackageSourceOptions options)
{
    // Other kinds are asked for too: so that what is not a package can be named, where a registry would else say that there is nothing.
    private const string Accepted = PackageManifest.MediaType
        + ", application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>Reads a package's manifest and configuration; of its files, nothing.</summary>
    /// <exception cref="PackageSourceException">It cannot be had, or is no package.</exception>
    public async Task<(PackageManifest Manifest, PackageConfig Config)> ReadAsync(ImageReference image, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var access = AccessTo(image.Repository, credentials, "pull");
        var subject = access.About($"the manifest {image.Digest}");
        var bytes = await transport.RetryAsync(token => ReadManifestAsync(image, access, subject, token), cancellationToken).ConfigureAwait(false);
        PackageManifest manifest;
        try
        {
            manifest = PackageManifest.Read(bytes);
        }
        catch (PackageSourceException exception)
        {
            throw subject.Fail(exception.Problem, exception.Message);
        }

        return (manifest, manifest.Config is { } config ? await ReadConfigAsync(config, access, cancellationToken).ConfigureAwait(false) : PackageConfig.None);
    }

    /// <summary>Brings those of a package's files into the store that it does not hold.</summary>
    /// <exception cref="PackageSourceException">One of them cannot be had; others may have come.</exception>
    public async Task PullAsync(ImageReference image, IEnumerable<PackageFile> files, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var access = AccessTo(image.Repository, credentials, "pull");
        var missing = files.Where(file => !store.Holds(file)).DistinctBy(file => (file.Sha256, file.Size));
        var limits = new ParallelOptions { MaxDegreeOfParallelism = options.Transfers, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(missing, limits, async (file, token) =>
        {
            using var place = await transport.EnterTransferAsync(token).ConfigureAwait(false);
            await PullAsync(file, access, token).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>Puts files that the store holds into a registry as a package.</summary>
    /// <returns>What pulls it.</returns>
    /// <exception cref="PackageSourceException">It cannot be done; some files may be there, which hurts nobody.</exception>
    public async Task<ImageReference> PushAsync(
        RepositoryReference repository, IReadOnlyList<PackageFile> files, PackageConfig config, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var access = AccessTo(repository, credentials, "pull,push");
        if (PackageRules.Check(files) is { } fault)
        {
            throw PackageManifest.OfFault(fault);
        }

        var written = config.Write();
        var manifest = PackageManifest.Write(files, written);
        var image = new ImageReference(repository, ImageReference.DigestOf(manifest));
        var subject = access.About($"the manifest {image.Digest}");
        if (manifest.Length > PackageManifest.MaxBytes)
        {
            throw subject.Fail(
                PackageProblem.PackageTooLarge, $"it has {manifest.Length} bytes with the names of {files.Count} files; {PackageManifest.MaxBytes} are allowed: publish fewer files");
        }

        var limits = new ParallelOptions { MaxDegreeOfParallelism = options.Transfers, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(files.DistinctBy(file => file.Sha256), limits, async (file, token) =>
        {
            using var place = await transport.EnterTransferAsync(token).ConfigureAwait(false);
            var blob = new Blob(ImageReference.Write(file.Sha256), file.Size, access.About($"the file '{Visible.Of(file.Path)}' ({ImageReference.Write(file.Sha256)})"), () => OpenHeld(file));
            await PushAsync(blob, access, () => VerifyHeldAsync(file, token), token).ConfigureAwait(false);
        }).ConfigureAwait(false);
        var configBlob = new Blob(ImageReference.DigestOf(written), written.Length, access.About("the configuration"), () => new MemoryStream(written));
        await PushAsync(configBlob, access, () => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
        await transport.RetryAsync(token => PushManifestAsync(image, manifest, access, subject, token), cancellationToken).ConfigureAwait(false);
        return image;
    }

    /// <summary>Asks once whether the registry answers (distribution-spec, "Determining Support").</summary>
    /// <exception cref="PackageSourceException">It does not, or wants credentials.</exception>
    public async Task CheckAsync(RepositoryReference repository, RegistryCredentials? credentials, CancellationToken cancellationToken)
    {
        var access = AccessTo(repository, credentials, "pull");
        var subject = access.About("whether it is one");
        using var response = await SendAsync(() => new(HttpMethod.Get, new Uri(access.Root, "v2/")), access, subject, cancellationToken).ConfigureAwait(false);
        await transport.ExpectAsync(response, subject, cancellationToken, HttpStatusCode.OK).ConfigureAwait(false);
    }

    private async Task<byte[]> ReadManifestAsync(ImageReference image, Access access, Subject subject, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            () => new(HttpMethod.Get, access.At($"manifests/{image.Digest}")) { Headers = { { "Accept", Accepted } } }, access, subject, cancellationToken).ConfigureAwait(false);
        await transport.ExpectAsync(response, subject, cancellationToken, HttpStatusCode.OK).ConfigureAwait(false);
        if (response.Content.Headers.ContentType?.MediaType is { } mediaType
            && (mediaType.Contains("manifest", StringComparison.OrdinalIgnoreCase) || mediaType.Contains("index", StringComparison.OrdinalIgnoreCase))
            && mediaType != PackageManifest.MediaType)
        {
            var wrong = PackageManifest.WrongKind(mediaType);
            throw subject.Fail(wrong.Problem, wrong.Message);
        }

        var bytes = await transport.ReadAllAsync(response.Content, PackageManifest.MaxBytes, subject, cancellationToken).ConfigureAwait(false)
            ?? throw subject.Fail(PackageProblem.PackageTooLarge, $"it has more than {PackageManifest.MaxBytes} bytes: publish fewer files");
        var digest = ImageReference.DigestOf(bytes);
        return digest == image.Digest
            ? bytes
            : throw subject.Fail(PackageProblem.DigestMismatch, $"what came ({bytes.Length} bytes) has the digest {digest}: the registry's storage is damaged, or something between changed it; push the package again");
    }

    private async Task<PackageConfig> ReadConfigAsync(PackageFile config, Access access, CancellationToken cancellationToken)
    {
        var digest = ImageReference.Write(config.Sha256);
        var subject = access.About($"the configuration {digest}");
        return await transport.RetryAsync(
            async token =>
            {
                using var response = await SendAsync(() => new(HttpMethod.Get, access.At($"blobs/{digest}")), access, subject, token).ConfigureAwait(false);
                await transport.ExpectAsync(response, subject, token, HttpStatusCode.OK).ConfigureAwait(false);
                var bytes = await transport.ReadAllAsync(response.Content, (int)config.Size, subject, token).ConfigureAwait(false);
                if (bytes is null || ImageReference.DigestOf(bytes) != digest)
                {
                    throw subject.Fail(PackageProblem.DigestMismatch, "what came has another digest: the registry's storage is damaged, or something between changed it; push the package again");
                }

                try
                {
                    return PackageConfig.Read(bytes);
                }
                catch (Exception exception) when (exception is JsonException or InvalidOperationException)
                {
                    throw subject.Fail(PackageProblem.PackageInvalid, $"it is not as it must be ({Visible.Of(exception.Message)}): push the package again", exception);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task PullAsync(PackageFile file, Access access, CancellationToken cancellationToken)
    {
        var digest = ImageReference.Write(file.Sha256);
        var subject = access.About($"the file '{Visible.Of(file.Path)}' ({digest})");
        try
        {
            await transport.RetryAsync(PullOnceAsync, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw subject.Fail(
                PackageProblem.DigestMismatch, $"{exception.Status.Detail}: the registry's storage is damaged, or something between changed it; push the package again", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PackageSourceException.OfStorage(exception);
        }

        async Task<bool> PullOnceAsync(CancellationToken token)
        {
            using var incoming = store.Receive(file);

            // Nothing to ask for; and some registries do not keep it.
            if (file.Size > 0)
            {
                using var response = await SendAsync(() => new(HttpMethod.Get, access.At($"blobs/{digest}")), access, subject, token).ConfigureAwait(false);
                await transport.ExpectAsync(response, subject, token, HttpStatusCode.OK).ConfigureAwait(false);
                if (response.Content.Headers.ContentLength is { } length && length != file.Size)
                {
                    throw subject.Fail(
                        PackageProblem.DigestMismatch, $"{length} bytes are offered where the manifest says {file.Size}: the registry's storage is damaged; push the package again");
                }

                await transport.CopyAsync(response.Content, incoming.WriteAsync, subject, token).ConfigureAwait(false);
            }

            await incoming.FinishAsync(token).ConfigureAwait(false);
            return true;
        }
    }

    private async Task PushAsync(Blob blob, Access access, Func<Task> verify, CancellationToken cancellationToken)
    {
        var held = await transport.RetryAsync(
            async token =>
            {
                using var response = await SendAsync(() => new(HttpMethod.Head, access.At($"blobs/{blob.Digest}")), access, blob.Subject, token).ConfigureAwait(false);
                await transport.ExpectAsync(response, blob.Subject, token, HttpStatusCode.OK, HttpStatusCode.NotFound).ConfigureAwait(false);
                return response.StatusCode == HttpStatusCode.OK;
            },
            cancellationToken).ConfigureAwait(false);
        if (held)
        {
            return;
        }

        await verify().ConfigureAwait(false);
        await transport.RetryAsync(token => UploadAsync(blob, access, token), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// A session, the bytes, and the digest that they must have. Small ones go with the digest in one request; of large ones each piece is a
    /// request of its own, whose answer says where the next one goes.
    /// </summary>
    private async Task<bool> UploadAsync(Blob blob, Access access, CancellationToken cancellationToken)
    {
        using var begun = await SendAsync(() => new(HttpMethod.Post, access.At("blobs/uploads/")) { Content = new ByteArrayContent([]) }, access, blob.Subject, cancellationToken).ConfigureAwait(false);
        await transport.ExpectAsync(begun, blob.Subject, cancellationToken, HttpStatusCode.Accepted).ConfigureAwait(false);
        var next = NextAddress(begun, blob.Subject);
        if (blob.Size <= options.UploadChunk)
        {
            await FinishAsync(() => Part(0, blob.Size)).ConfigureAwait(false);
            return true;
        }

        // A registry may want larger pieces than ours.
        var chunk = begun.Headers.TryGetValues("OCI-Chunk-Min-Length", out var texts) && long.TryParse(texts.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var least)
            ? Math.Max(options.UploadChunk, least)
            : options.UploadChunk;
        for (long from = 0; from < blob.Size;)
        {
            var (start, length, to) = (from, Math.Min(chunk, blob.Size - from), next);
            using var response = await SendAsync(
                () =>
                {
                    var request = new HttpRequestMessage(HttpMethod.Patch, to) { Content = Part(start, length) };

                    // Not RFC 9110's form: the specification wants "from-to" alone.
                    request.Content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{start}-{start + length - 1}"));
                    return request;
                },
                access,
                blob.Subject,
                cancellationToken).ConfigureAwait(false);
            await ExpectAsync(response, HttpStatusCode.Accepted).ConfigureAwait(false);
            next = NextAddress(response, blob.Subject);
            from += length;
        }

        await FinishAsync(() => new ByteArrayContent([])).ConfigureAwait(false);
        return true;

        StreamContent Part(long from, long length)
        {
            var stream = blob.Open();
            stream.Position = from;
            return new StreamContent(new StreamPart(stream, length)) { Headers = { ContentLength = length, ContentType = new("application/octet-stream") } };
        }

        async Task FinishAsync(Func<HttpContent> content)
        {
            var builder = new UriBuilder(next);
            builder.Query = builder.Query.Length > 1 ? $"{builder.Query[1..]}&digest={blob.Digest}" : $"digest={blob.Digest}";
            using var response = await SendAsync(() => new(HttpMethod.Put, builder.Uri) { Content = content() }, access, blob.Subject, cancellationToken).ConfigureAwait(false);
            await ExpectAsync(response, HttpStatusCode.Created).ConfigureAwait(false);
        }

        Task ExpectAsync(HttpResponseMessage response, HttpStatusCode expected) => response.StatusCode == HttpStatusCode.NotFound
            ? throw blob.Subject.Fail(PackageProblem.Unavailable, "the registry forgot the upload (404), as one does that restarts: it is tried again")
            : transport.ExpectAsync(response, blob.Subject, cancellationToken, expected);
    }

    private async Task<bool> PushManifestAsync(ImageReference image, byte[] manifest, Access access, Subject subject, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            () => new(HttpMethod.Put, access.At($"manifests/{image.Digest}"))
            {
                Content = new ByteArrayContent(manifest) { Headers = { ContentType = new MediaTypeHeaderValue(PackageManifest.MediaType) } },
            },
            access,
            subject,
            cancellationToken).ConfigureAwait(false);
        await transport.ExpectAsync(response, subject, cancellationToken, HttpStatusCode.Created).ConfigureAwait(false);
        return true;
    }

    private static Uri NextAddress(HttpResponseMessage response, Subject subject)
        => response.Headers.Location is { } location
            ? PackageTransport.Resolve(response.RequestMessage!.RequestUri!, location, subject)
            : throw subject.Fail(PackageProblem.AnswerInvalid, "the registry took an upload and did not say where it goes on (no Location): see that a proxy before it leaves headers alone");

    /// <summary>Sends a request with what authorizes it; asks once for that when it is refused.</summary>
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, Access access, Subject subject, CancellationToken cancellationToken)
    {
        var authorization = authorizer.Find(access.Key);
        for (var refused = false; ; refused = true)
        {
            using var request = make();

            // An upload may go on at another host, which has no business with them.
            if (PackageTransport.IsSameServer(request.RequestUri!, access.Root))
            {
                request.Headers.Authorization = authorization;
            }

            var response = await transport.SendAsync(request, subject, access.Root, cancellationToken).ConfigureAwait(false);
            var isOurs = PackageTransport.IsSameServer(response.RequestMessage!.RequestUri!, access.Root);
            if (response.StatusCode != HttpStatusCode.Unauthorized || !isOurs)
            {
                return response;
            }

            authorizer.Forget(access.Key);
            if (refused)
            {
                return response;
            }

            using (response)
            {
                authorization = await authorizer.AnswerAsync(access.Key, response, subject, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private Access AccessTo(RepositoryReference repository, RegistryCredentials? credentials, string rights)
    {
        var credential = credentials?.For(repository.Registry);
        var state = credential is not null ? CredentialState.Given : credentials is null ? CredentialState.None : CredentialState.OtherHosts;
        return new(repository, new(repository.Host, $"repository:{repository.Name}:{rights}", credential), transport.AddressOf(repository.Host), state, credentials?.Secret);
    }

    private FileStream OpenHeld(PackageFile file)
    {
        try
        {
            return store.OpenRead(file.Sha256);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PackageSourceException(
                PackageProblem.NotFound, $"the file '{Visible.Of(file.Path)}' ({ImageReference.Write(file.Sha256)}) is not held by the manager: upload it first", exception);
        }
    }

    /// <summary>Disks decay: what is damaged here shall not be blamed on the registry.</summary>
    private async Task VerifyHeldAsync(PackageFile file, CancellationToken cancellationToken)
    {
        var stream = OpenHeld(file);
        await using var closing = stream.ConfigureAwait(false);
        var digest = await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false);
        if (stream.Length != file.Size || !file.Sha256.Span.SequenceEqual(digest))
        {
            store.Discard(file.Sha256);
            throw new PackageSourceException(
                PackageProblem.StorageFailed, $"the manager's copy of the file '{Visible.Of(file.Path)}' ({ImageReference.Write(file.Sha256)}) was damaged and is removed: upload it again");
        }
    }

    /// <summary>Something with a digest to push.</summary>
    private sealed record Blob(string Digest, long Size, Subject Subject, Func<Stream> Open);

    /// <summary>A repository, and who asks for what there.</summary>
    private sealed record Access(RepositoryReference Repository, RegistryAuthorizer.Key Key, Uri Root, CredentialState Credentials, string? Secret)
    {
        public Subject About(string what) => new($"registry '{Repository.Registry}', repository '{Repository.Name}'", what, Repository.Registry, Credentials, Secret);

        public Uri At(string path) => new(Root, $"v2/{Repository.Name}/{path}");
    }
}
