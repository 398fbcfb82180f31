using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Claims;

/// <summary>A warm pod takes files ahead of its claim, believes nobody but its manager, and is as warm as before whatever comes of it.</summary>
public sealed class PrefetchTests
{
    // Compiled once: no two compilations give the same bytes.
    private static readonly byte[] Function = TestPackage.Of("""
        public class Files : IHttpFunction
        {
            // Looked at before any request.
            static readonly string Seen = string.Join(' ', Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(AppContext.BaseDirectory, path)).Order(StringComparer.Ordinal))
                + " | " + string.Join(' ', Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!).Select(Path.GetFileName));

            public Task HandleAsync(HttpContext context) => context.Response.WriteAsync(Seen);
        }
        """).Files[0].Bytes;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_claim_for_what_the_pod_holds_sends_nothing()
    {
        await using var pod = await PodProcess.StartAsync();
        var package = Package(("data/text", "hello"), ("data/copy", "hello"), ("empty", ""));

        await PrefetchAsync(pod, Order(pod, package));

        var status = await pod.StatusAsync();
        Assert.Equal(PodPhase.PodWarm, status.Phase);
        Assert.Equal(["test"], status.HeldPackages);
        Assert.Equal(Digests(package), status.HeldFiles.ToHashSet());
        await pod.SpecializeAsync([Claim(pod, package).Header()]);
        Assert.Equal("Function.dll data/copy data/text empty | package", await SeenAsync(pod));
        Assert.Empty((await pod.StatusAsync()).HeldFiles);
    }

    [Fact]
    public async Task A_claim_sends_what_the_pod_lacks_or_everything()
    {
        var package = Package(("data/text", "hello"));
        await using (var pod = await PodProcess.StartAsync())
        {
            await PrefetchAsync(pod, Order(pod, new TestPackage().With("Function.dll", package.Files[0].Bytes)));
            await pod.SpecializeAsync(Claim(pod, package).Parts().Where(part => part.Chunk?.File != 0));
            Assert.Equal("Function.dll data/text | package", await SeenAsync(pod));
        }

        await using (var pod = await PodProcess.StartAsync())
        {
            await PrefetchAsync(pod, Order(pod, package));
            await pod.SpecializeAsync(Claim(pod, package).Parts());
            Assert.Equal("Function.dll data/text | package", await SeenAsync(pod));
        }
    }

    [Fact]
    public async Task What_the_claim_does_not_name_is_gone_before_the_function_runs()
    {
        await using var pod = await PodProcess.StartAsync();
        await PrefetchAsync(pod, Order(pod, Package(("secret", "of another function"))));

        await pod.SpecializeAsync(Claim(pod, Package()).Parts());

        Assert.Equal("Function.dll | package", await SeenAsync(pod));
    }

    [Fact]
    public async Task What_an_order_does_not_name_is_dropped_and_what_it_names_again_stays()
    {
        await using var pod = await PodProcess.StartAsync();
        var (first, second) = (Package(("a", "a"), ("b", "b")), Package(("b", "b"), ("c", "c")));
        await PrefetchAsync(pod, Order(pod, first));

        // Function.dll and b are held; c is all that must come, and a may come again.
        var order = Order(pod, second);
        await PrefetchAsync(pod, order.Where(part => part.Chunk is not { File: 0 }));
        Assert.Equal(Digests(second), (await pod.StatusAsync()).HeldFiles.ToHashSet());
        Assert.Equal(Digests(second).Count, Directory.GetFiles(pod.PackageFolder + "-held").Length);

        await PrefetchAsync(pod, Order(pod, new TestPackage()));
        Assert.Empty((await pod.StatusAsync()).HeldFiles);
        Assert.Empty(Directory.GetFileSystemEntries(pod.PackageFolder + "-held"));
    }

    [Fact]
    public async Task An_order_that_is_not_the_managers_or_not_for_this_pod_or_too_old_is_refused()
    {
        await using var pod = await PodProcess.StartAsync();
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var package = Package();

        Assert.Equal(Reason.ClaimUnsigned, await RefusalAsync(pod, Order(pod, package, sign: _ => [])));
        Assert.Equal(Reason.ClaimUnsigned, await RefusalAsync(pod, Order(pod, package, sign: order => stranger.SignData(SignedOrder.OfPrefetch(order), HashAlgorithmName.SHA256))));

        // Signed by the manager, but as something else.
        Assert.Equal(Reason.ClaimUnsigned, await RefusalAsync(pod, Order(pod, package, sign: order => pod.Key.SignData(order, HashAlgorithmName.SHA256))));
        Assert.Equal(Reason.ClaimUnsigned, await RefusalAsync(pod, Order(pod, package).Skip(1)));
        Assert.Equal(Reason.ClaimWrongPod, await RefusalAsync(pod, Order(pod, package, order => order.PodId = "another")));
        Assert.Equal(Reason.ClaimExpired, await RefusalAsync(pod, Order(pod, package, order => order.ExpiresAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(-2)))));
        await AssertWarmAsync(pod, holding: []);
    }

    [Fact]
    public async Task Bad_files_are_refused_and_the_pod_holds_what_it_held()
    {
        await using var pod = await PodProcess.StartAsync();
        var good = Package();
        await PrefetchAsync(pod, Order(pod, good));
        var bad = Package(("text", "hello"));

        Assert.Equal(Reason.DigestMismatch, await RefusalAsync(pod, [.. Order(pod, bad).Take(2), Chunk(1, "jello")]));
        Assert.Equal(Reason.DigestMismatch, await RefusalAsync(pod, [.. Order(pod, bad).Take(2), Chunk(1, "hello, and more")]));
        Assert.Equal(Reason.FileMissing, await RefusalAsync(pod, [.. Order(pod, bad).Take(2)]));
        Assert.Equal(Reason.FileMissing, await RefusalAsync(pod, [.. Order(pod, bad).Take(2), Chunk(1, "he")]));
        Assert.Equal(Reason.PackageInvalid, await RefusalAsync(pod, [.. Order(pod, bad).Take(2), Chunk(7, "hello")]));
        Assert.Equal(Reason.PackageInvalid, await RefusalAsync(pod, [.. Order(pod, bad, order => order.Files[1].Path = "../../outside")]));
        Assert.Equal(Reason.PackageInvalid, await RefusalAsync(pod, [.. Order(pod, bad, order => order.Files[1].Path = "text")]));
        Assert.Equal(Reason.PackageInvalid, await RefusalAsync(pod, [.. Order(pod, bad, order => order.Packages[0].Files.Add(7))]));
        Assert.Equal(Reason.PackageTooLarge, await RefusalAsync(pod, [.. Order(pod, bad, order => order.Files[1].Size = 10L << 30).Take(1)]));

        await AssertWarmAsync(pod, Digests(good));
        await pod.SpecializeAsync([Claim(pod, good).Header()]);
        Assert.Equal("Function.dll | package", await SeenAsync(pod));
    }

    [Fact]
    public async Task A_claim_ends_a_running_prefetch_and_does_not_wait_for_it()
    {
        await using var pod = await PodProcess.StartAsync();
        var (held, claimed) = (Package(("text", "hello")), Package());
        using var call = pod.Loader.Prefetch(cancellationToken: Test);
        foreach (var part in Order(pod, held).Take(2).Append(Chunk(1, "he")))
        {
            await call.RequestStream.WriteAsync(part, Test);
        }

        await pod.SpecializeAsync(Claim(pod, claimed).Parts());

        var refusal = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(Reason.PodNotWarm, refusal.ReasonOf());
        Assert.Equal("Function.dll | package", await SeenAsync(pod));
        Assert.Equal(Reason.PodNotWarm, await RefusalAsync(pod, Order(pod, held)));
    }

    private static async Task AssertWarmAsync(PodProcess pod, IEnumerable<ByteString> holding)
    {
        var status = await pod.StatusAsync();
        Assert.Equal(PodPhase.PodWarm, status.Phase);
        Assert.Equal(holding.ToHashSet(), status.HeldFiles.ToHashSet());
        var folder = pod.PackageFolder + "-held";
        Assert.Equal(status.HeldFiles.Count, Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories).Length : 0);
    }

    /// <summary>The files of the package, and what else lies where the pod keeps files, as the function sees it.</summary>
    private static Task<string> SeenAsync(PodProcess pod) => pod.Functions.GetStringAsync("/", Test);

    private static TestPackage Package(params (string Path, string Text)[] files)
        => files.Aggregate(new TestPackage().With("Function.dll", Function), (sum, file) => sum.With(file.Path, file.Text));

    private static TestClaim Claim(PodProcess pod, TestPackage package) => package.Claim(pod, "Function::Sample.Files");

    private static HashSet<ByteString> Digests(TestPackage package)
        => [.. package.Files.Where(file => file.Bytes.Length > 0).Select(file => ByteString.CopyFrom(SHA256.HashData(file.Bytes)))];

    private static PrefetchRequest Chunk(int file, string text) => new() { Chunk = new() { File = file, Data = ByteString.CopyFromUtf8(text) } };

    /// <summary>As a manager orders it, every part of which a test may spoil.</summary>
    private static PrefetchRequest[] Order(PodProcess pod, TestPackage package, Action<PrefetchOrder>? change = null, Func<byte[], byte[]>? sign = null)
    {
        var files = package.Files.Where(file => file.Bytes.Length > 0).DistinctBy(file => Convert.ToHexStringLower(SHA256.HashData(file.Bytes))).ToArray();
        var order = new PrefetchOrder
        {
            PodId = pod.Id,
            ExpiresAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(1)),
            Packages = { new PrefetchPackage { Digest = "test", Files = { Enumerable.Range(0, files.Length) } } },
        };
        foreach (var (_, bytes) in files)
        {
            var digest = SHA256.HashData(bytes);
            order.Files.Add(new PackageFile { Path = Convert.ToHexStringLower(digest), Size = bytes.Length, Sha256 = ByteString.CopyFrom(digest) });
        }

        change?.Invoke(order);
        var signed = order.ToByteArray();
        var signature = sign is null ? pod.Key.SignData(SignedOrder.OfPrefetch(signed), HashAlgorithmName.SHA256) : sign(signed);
        return
        [
            new() { Header = new() { Order = ByteString.CopyFrom(signed), Signature = ByteString.CopyFrom(signature) } },
            .. files.Select((file, index) => new PrefetchRequest { Chunk = new() { File = index, Data = ByteString.CopyFrom(file.Bytes) } }),
        ];
    }

    private static async Task<Reason> RefusalAsync(PodProcess pod, IEnumerable<PrefetchRequest> parts)
        => (await Assert.ThrowsAsync<RpcException>(() => PrefetchAsync(pod, parts))).ReasonOf();

    private static async Task PrefetchAsync(PodProcess pod, IEnumerable<PrefetchRequest> parts)
    {
        using var call = pod.Loader.Prefetch(cancellationToken: Test);
        try
        {
            foreach (var part in parts)
            {
                await call.RequestStream.WriteAsync(part, Test);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            // Refused before it had everything; the answer says why.
        }

        await call.ResponseAsync;
    }
}
