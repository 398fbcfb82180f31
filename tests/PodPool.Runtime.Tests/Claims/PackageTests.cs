using System.Security.Cryptography;
using Google.Protobuf;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Claims;

/// <summary>Whatever a package is, nothing is written outside its folder, and a pod that was given a bad one is finished.</summary>
public sealed class PackageTests
{
    [Theory]
    [InlineData("../Outside.dll")]
    [InlineData("a/../../Outside.dll")]
    [InlineData("/tmp/Outside.dll")]
    [InlineData("a//b.dll")]
    [InlineData("./a.dll")]
    [InlineData("a\\..\\b.dll")]
    [InlineData("a\0.dll")]
    [InlineData("")]
    public Task Names_that_leave_the_folder_are_refused(string path)
        => RefusesAsync(Reason.PackageInvalid, new TestPackage().With(path, [1, 2, 3]).With("Function.dll", [1]));

    [Fact]
    public Task A_file_twice_is_refused() => RefusesAsync(Reason.PackageInvalid, new TestPackage().With("a.dll", [1]).With("A.dll", [2]));

    [Fact]
    public Task A_name_that_is_both_file_and_folder_is_refused() => RefusesAsync(Reason.PackageInvalid, new TestPackage().With("a", [1]).With("a/b", [2]));

    [Fact]
    public Task A_package_without_files_is_refused() => RefusesAsync(Reason.PackageInvalid, new TestPackage());

    [Fact]
    public Task An_entry_of_ten_gigabytes_is_refused_before_a_byte_of_it_is_sent() => RefusesAsync(
        Reason.PackageTooLarge, Samples.Hello, manifest => manifest.Files[0].Size = 10L << 30, claim => [claim.Header()]);

    [Fact]
    public Task A_file_that_goes_on_after_its_size_is_refused() => RefusesAsync(
        Reason.DigestMismatch,
        Samples.Hello,
        manifest => manifest.Files.Add(new PackageFile { Path = "big.bin", Size = 10, Sha256 = ByteString.CopyFrom(new byte[32]) }),
        claim => claim.Parts().Concat(Enumerable.Repeat(TestClaim.Chunk(1, new byte[PackageLimits.MaxChunk]), 100)));

    [Fact]
    public Task A_chunk_over_the_limit_is_refused() => RefusesAsync(
        Reason.PackageInvalid,
        Samples.Hello,
        manifest => manifest.Files.Insert(0, new PackageFile { Path = "big.bin", Size = 3 << 20, Sha256 = ByteString.CopyFrom(new byte[32]) }),
        claim => [claim.Header(), TestClaim.Chunk(0, new byte[2 << 20])]);

    [Fact]
    public Task A_tampered_file_is_refused() => RefusesAsync(
        Reason.DigestMismatch, Samples.Hello, manifest => manifest.Files[0].Sha256 = ByteString.CopyFrom(SHA256.HashData([1])));

    [Fact]
    public Task A_file_that_is_not_sent_is_missing() => RefusesAsync(
        Reason.FileMissing,
        Samples.Hello,
        manifest => manifest.Files.Add(new PackageFile { Path = "absent.bin", Size = 1, Sha256 = ByteString.CopyFrom(new byte[32]) }));

    [Fact]
    public Task A_file_that_is_not_sent_whole_is_missing() => RefusesAsync(
        Reason.FileMissing, Samples.Hello, null, claim => [claim.Header(), TestClaim.Chunk(0, [1, 2, 3])]);

    [Fact]
    public Task Chunks_out_of_order_are_refused() => RefusesAsync(
        Reason.PackageInvalid, Samples.Hello, null, claim => [claim.Header(), TestClaim.Chunk(7, [1])]);

    [Theory]
    [InlineData("Function.dll")]
    [InlineData("sub")]
    public async Task A_link_that_lies_in_the_way_is_not_followed(string name)
    {
        await using var pod = await PodProcess.StartAsync();
        var outside = Directory.CreateTempSubdirectory("outside").FullName;
        var target = name == "sub" ? outside : Path.Combine(outside, "target");
        File.CreateSymbolicLink(Path.Combine(pod.PackageFolder, name), target);
        var package = new TestPackage().With("Function.dll", Samples.Hello.Files[0].Bytes).With("sub/file", [1, 2, 3]);

        var (reason, message, _) = await pod.RefusalAsync(package.Claim(pod, Samples.HelloEntryPoint).Parts());

        Assert.Equal(Reason.PackageInvalid, reason);
        Assert.Contains("link", message, StringComparison.Ordinal);
        Assert.Equal(PodPhase.PodFailed, (await pod.StatusAsync()).Phase);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        Assert.Empty(Directory.EnumerateFileSystemEntries(pod.PackageFolder));
        Directory.Delete(outside);
    }

    [Fact]
    public async Task Files_in_folders_and_files_without_bytes_arrive()
    {
        await using var pod = await PodProcess.StartAsync();
        var package = TestPackage.Of("""
            public class Files : IHttpFunction
            {
                public Task HandleAsync(HttpContext context)
                    => context.Response.WriteAsync(string.Join(" ", Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories)
                        .Select(path => Path.GetRelativePath(AppContext.BaseDirectory, path) + "=" + new FileInfo(path).Length).Order(StringComparer.Ordinal)));
            }
            """).With("a/empty", []).With("a/b/c.txt", "hello").With("z-empty", []);

        await pod.SpecializeAsync(package, "Function::Sample.Files");

        Assert.Equal(
            $"Function.dll={package.Files[0].Bytes.Length} a/b/c.txt=5 a/empty=0 z-empty=0",
            await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_caller_who_leaves_amid_the_transfer_finishes_the_pod()
    {
        await using var pod = await PodProcess.StartAsync();
        using var leaving = new CancellationTokenSource();
        using (var call = pod.Loader.Specialize(cancellationToken: leaving.Token))
        {
            await call.RequestStream.WriteAsync(Samples.Hello.Claim(pod, Samples.HelloEntryPoint).Header(), TestContext.Current.CancellationToken);
            await pod.UntilAsync(PodPhase.PodSpecializing);
            await leaving.CancelAsync();
        }

        var status = await pod.UntilAsync(PodPhase.PodFailed);

        Assert.Equal(Reason.FileMissing, status.Failure);
    }

    private static async Task RefusesAsync(
        Reason expected, TestPackage package, Action<Manifest>? change = null, Func<TestClaim, IEnumerable<SpecializeRequest>>? parts = null)
    {
        await using var pod = await PodProcess.StartAsync();
        var before = Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(pod.FilesFolder)!, "*", SearchOption.AllDirectories).Order().ToArray();
        var claim = package.Claim(pod, Samples.HelloEntryPoint, change);

        var (reason, message, _) = await pod.RefusalAsync((parts ?? (all => all.Parts()))(claim));

        Assert.Equal(expected, reason);
        Assert.NotEmpty(message);
        Assert.Equal(PodPhase.PodFailed, (await pod.UntilAsync(PodPhase.PodFailed)).Phase);
        Assert.Equal(before, Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(pod.FilesFolder)!, "*", SearchOption.AllDirectories).Order());
        Assert.False(File.Exists("/tmp/Outside.dll"));
    }
}
