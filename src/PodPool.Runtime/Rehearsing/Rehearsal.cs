using System.Net;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Runtime.Life;
using PodPool.Runtime.Loader.Certificates;
using PodPool.Runtime.Serving;

namespace PodPool.Runtime.Rehearsing;

/// <summary>
/// Runs the whole path of a first request before the pod says it is warm: own claims over the own loader endpoint, own requests
/// over the own function endpoint, through the very same code. Its claims are signed with a key that is made here and never leaves
/// the process, for ids that are made here: nobody else can rehearse, and nobody's real claim is accepted meanwhile. Where the loader
/// speaks TLS so does the rehearsal, with a client certificate of the same kind.
/// </summary>
internal sealed class Rehearsal(
    PodOptions options, LoaderIdentity? identity, Pod pod, FunctionApplication application, TimeProvider time, Func<PodLife, ClaimVerifier, string, Specializer> specializerFor)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <exception cref="InvalidOperationException">Something did not answer as it should: the pod is not fit to be warm.</exception>
    public async Task RunAsync()
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using (var outside = new OutsideServer())
        using (var ended = CancellationTokenSource.CreateLinkedTokenSource(limit.Token))
        {
            var answering = outside.RunAsync(ended.Token);
            await PlayAsync(outside.Url, limit.Token).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        IdleMemory.Release();
    }

    private async Task PlayAsync(Uri outside, CancellationToken cancellationToken)
    {
        using var pass = identity?.Rehearse();
        using var client = new RehearsalClient(options.LoaderAddress, options.FunctionAddress, pass?.Options);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = key.ExportSubjectPublicKeyInfo();
        var package = RehearsalPackage.Read(Path.Combine(AppContext.BaseDirectory, "rehearsal"));
        var ahead = false;
        var profile = ByteString.Empty;
        foreach (var scene in RehearsalScript.Scenes(outside))
        {
            // The first one is recorded, and replayed with those whose files come ahead.
            var recorded = await PlayAsync(scene, ahead, ahead ? profile : ByteString.Empty, package, client, key, publicKey, cancellationToken).ConfigureAwait(false);
            profile = profile.IsEmpty ? recorded : profile;
            ahead = !ahead;
        }
    }

    /// <param name="scene">What is played.</param>
    /// <param name="ahead">Whether the files come ahead of the claim, or with it.</param>
    /// <param name="profile">To be replayed; empty: one is recorded.</param>
    /// <param name="package">The files.</param>
    /// <param name="client">Who calls.</param>
    /// <param name="key">What claims and orders are signed with.</param>
    /// <param name="publicKey">What they are checked with.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The start profile; empty if none was recorded.</returns>
    private async Task<ByteString> PlayAsync(
        RehearsalScene scene, bool ahead, ByteString profile, RehearsalPackage package, RehearsalClient client, ECDsa key, byte[] publicKey, CancellationToken cancellationToken)
    {
        var id = $"rehearsal-{Guid.NewGuid():N}";
        var folder = Directory.CreateDirectory(Path.Combine(options.FilesFolder, id)).FullName;
        var life = new PodLife(id);
        using var verifier = new ClaimVerifier(id, publicKey, time);
        var specializer = specializerFor(life, verifier, folder);
        life.BecomeWarm();
        pod.Rehearse(specializer);
        try
        {
            if (ahead)
            {
                await client.LoaderAsync("Prefetch", PrefetchResponse.Parser, package.Order(id, key, time), cancellationToken).ConfigureAwait(false);
            }

            var claim = package.Claim(scene.EntryPoint, id, key, time, withFiles: !ahead, profile);
            var answer = await client.LoaderAsync("Specialize", SpecializeResponse.Parser, claim, cancellationToken).ConfigureAwait(false);
            foreach (var request in scene.Requests)
            {
                await client.CallAsync(request, answer.InstanceId, HttpVersion.Version11, cancellationToken).ConfigureAwait(false);
                await client.CallAsync(request, answer.InstanceId, HttpVersion.Version20, cancellationToken).ConfigureAwait(false);
            }

            var bound = application.Bound!;
            await bound.Gate.CloseAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            await bound.Target.StopAsync(cancellationToken).ConfigureAwait(false);
            specializer.Recorder.End();
            return (await specializer.Recorder.Recorded.ConfigureAwait(false)).Profile;
        }
        finally
        {
            specializer.Undo();
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>The package beside the runtime that the rehearsal plays.</summary>
internal sealed record RehearsalPackage(IReadOnlyList<(PackageFile File, byte[] Bytes)> Files)
{
    public static RehearsalPackage Read(string folder) => new(
        [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(path =>
        {
            var bytes = File.ReadAllBytes(path);
            return (new PackageFile { Path = Path.GetFileName(path), Size = bytes.Length, Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes)) }, bytes);
        })]);

    /// <summary>What a manager would send.</summary>
    public IEnumerable<SpecializeRequest> Claim(string entryPoint, string podId, ECDsa key, TimeProvider time, bool withFiles, ByteString profile)
    {
        var manifest = new Manifest
        {
            Namespace = "podpool", Function = "rehearsal", Revision = "rehearsal", EntryPoint = entryPoint, Concurrency = 1,
            Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(20)),
            Environment = { ["REHEARSAL"] = "true" },
            Files = { Files.Select(file => file.File) },
        }.ToByteString();
        var claim = new Claim
        {
            ClaimId = podId, PodId = podId, Revision = "rehearsal",
            ManifestSha256 = ByteString.CopyFrom(SHA256.HashData(manifest.Span)),
            ExpiresAt = Timestamp.FromDateTimeOffset(time.GetUtcNow() + TimeSpan.FromMinutes(1)),
            ProfileSha256 = profile.IsEmpty ? ByteString.Empty : ByteString.CopyFrom(SHA256.HashData(profile.Span)),
            RecordProfile = profile.IsEmpty,
            Dapr = new() { HttpEndpoint = "http://127.0.0.1:3500", GrpcEndpoint = "http://127.0.0.1:3500", Token = "rehearsal" },
        }.ToByteString();
        var signature = key.SignData(claim.Span, HashAlgorithmName.SHA256);
        yield return new() { Header = new() { Claim = claim, Signature = ByteString.CopyFrom(signature), Manifest = manifest, Profile = profile } };
        foreach (var chunk in withFiles ? Chunks() : [])
        {
            yield return new() { Chunk = chunk };
        }
    }

    /// <summary>What a manager would send ahead of a claim.</summary>
    public IEnumerable<PrefetchRequest> Order(string podId, ECDsa key, TimeProvider time)
    {
        var order = new PrefetchOrder
        {
            PodId = podId,
            Files = { Files.Select(file => new PackageFile(file.File) { Path = Convert.ToHexStringLower(file.File.Sha256.Span) }) },
            Packages = { new PrefetchPackage { Digest = "rehearsal", Files = { Enumerable.Range(0, Files.Count) } } },
            ExpiresAt = Timestamp.FromDateTimeOffset(time.GetUtcNow() + TimeSpan.FromMinutes(1)),
        }.ToByteString();
        var signature = key.SignData(SignedOrder.OfPrefetch(order.Span), HashAlgorithmName.SHA256);
        yield return new() { Header = new() { Order = order, Signature = ByteString.CopyFrom(signature) } };
        foreach (var chunk in Chunks())
        {
            yield return new() { Chunk = chunk };
        }
    }

    private IEnumerable<FileChunk> Chunks()
    {
        for (var index = 0; index < Files.Count; index++)
        {
            foreach (var chunk in Files[index].Bytes.Chunk(PackageLimits.MaxChunk))
            {
                yield return new() { File = index, Data = UnsafeByteOperations.UnsafeWrap(chunk) };
            }
        }
    }
}
