using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using PodPool.Contracts.Packages;
using PodPool.Manager.Packages;
using PodPool.Manager.Packages.Archives;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Packages;

public sealed class ArchiveTests : IDisposable
{
    private const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly SourceUnderTest _source = new();

    public static TheoryData<string> Kinds => ["zip", "tar", "tar.gz", "ustar", "gnu"];

    public void Dispose() => _source.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_files_of_an_archive_are_stored(string kind)
    {
        var large = RandomNumberGenerator.GetBytes(300_000);
        var deep = string.Join('/', Enumerable.Repeat("folder", 12)) + "/a.txt";
        (string, byte[])[] files = [("a.dll", [1, 2, 3]), ("empty", []), ("copy.dll", [1, 2, 3]), ("wwwroot/große.bin", large), (deep, [4])];
        var archive = kind switch
        {
            "zip" => Zip(files),
            "tar" => Tar(files, TarEntryFormat.Pax),
            "ustar" => Tar(files, TarEntryFormat.Ustar),
            "gnu" => Tar(files, TarEntryFormat.Gnu, "./"),
            _ => GZip(Tar(files, TarEntryFormat.Pax, "./")),
        };
        var stored = await StoreAsync(archive);
        Assert.Equal(files.Select(file => SourceUnderTest.FileOf(file.Item1, file.Item2)).OrderBy(file => file.Path, StringComparer.Ordinal), stored);
        Assert.All(files, file => Assert.Equal(file.Item2, _source.BytesOf(stored.Single(other => other.Path == file.Item1))));
    }

    [Theory]
    [InlineData("../a.dll", "is absolute, or has an empty, '.' or '..' part")]
    [InlineData("b/../../a.dll", "'..' part")]
    [InlineData("/etc/passwd", "is absolute")]
    [InlineData("C:\\a.dll", "contains '\\'")]
    [InlineData("b\\a.dll", "contains '\\'")]
    [InlineData("a\u0007.dll", "contains a control character")]
    [InlineData("b.dll", "'b.dll' is in it twice")]
    [InlineData("B.dll", "'B.dll' is in it twice")]
    [InlineData("b.dll/a", "is both a file and a folder")]
    public async Task A_name_that_is_not_allowed_is_refused(string name, string why)
    {
        (string, byte[])[] files = [("b.dll", [1]), (name, [2])];
        foreach (var archive in (byte[][])[Zip(files), Tar(files), GZip(Tar(files))])
        {
            await RefusedAsync(archive, PackageProblem.PackageInvalid, why);
        }
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink, "'evil' is a symbolic link")]
    [InlineData(TarEntryType.HardLink, "'evil' is a hard link")]
    [InlineData(TarEntryType.CharacterDevice, "'evil' is a device")]
    [InlineData(TarEntryType.Fifo, "'evil' is a pipe")]
    public async Task A_tar_with_more_than_files_and_folders_is_refused(TarEntryType type, string why)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, leaveOpen: true))
        {
            var entry = new PaxTarEntry(type, "evil");
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
            {
                entry.LinkName = "/etc/passwd";
            }

            tar.WriteEntry(entry);
        }

        await RefusedAsync(stream.ToArray(), PackageProblem.PackageInvalid, why);
    }

    [Fact]
    public async Task A_zip_with_a_link_is_refused()
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            var entry = zip.CreateEntry("evil");
            entry.ExternalAttributes = 0xA1FF << 16;
            using var content = entry.Open();
            content.Write("/etc/passwd"u8);
        }

        await RefusedAsync(stream.ToArray(), PackageProblem.PackageInvalid, "'evil' is a link or a device");
    }

    [Fact]
    public async Task A_zip_that_says_less_than_it_holds_is_refused()
    {
        var archive = Zip([("a.dll", new byte[100_000])]);

        // The length in the central directory, 24 bytes behind its signature: 100,000 becomes 10.
        var header = archive.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        BitConverter.TryWriteBytes(archive.AsSpan(header + 24), 10);
        await RefusedAsync(archive, PackageProblem.PackageInvalid, "'a.dll'");
    }

    [Fact]
    public async Task A_zip_that_would_become_too_large_is_refused_before_it_is_unpacked()
    {
        var archive = Zip([("a.dll", new byte[1000]), ("b.dll", new byte[1000])]);
        foreach (var (size, why) in ((uint, string)[])[((uint)PackageLimits.MaxFileSize + 1, "'a.dll' has 536870913 bytes"), ((uint)PackageLimits.MaxFileSize, "'a.dll'")])
        {
            var header = archive.AsSpan().IndexOf("PK\u0001\u0002"u8);
            BitConverter.TryWriteBytes(archive.AsSpan(header + 24), size);
            await RefusedAsync(archive, size > PackageLimits.MaxFileSize ? PackageProblem.PackageTooLarge : PackageProblem.PackageInvalid, why);
        }
    }

    [Fact]
    public async Task A_bomb_is_refused()
    {
        // 1 GiB and a file more, of zeros: about a megabyte.
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            using var zeros = new ZeroStream(PackageLimits.MaxFileSize);
            foreach (var name in (string[])["a", "b", "c"])
            {
                zeros.Position = 0;
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = zeros });
            }
        }

        Assert.InRange(stream.Length, 0, 20 << 20);
        await RefusedAsync(stream.ToArray(), PackageProblem.PackageTooLarge, "more than 1073741824 bytes together");
    }

    [Fact]
    public async Task A_tar_whose_headers_are_the_bomb_is_refused()
    {
        var value = new string('x', 4 << 20);
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a.dll", [new("comment", value)]));
        }

        await RefusedAsync(GZip(stream.ToArray()), PackageProblem.PackageInvalid, "says more about its files than a package's can need");
    }

    [Fact]
    public async Task A_zip_whose_list_is_the_bomb_is_refused()
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var number = 0; number < 300_000; number++)
            {
                zip.CreateEntry($"folder-{number}/");
            }
        }

        await RefusedAsync(stream.ToArray(), PackageProblem.PackageInvalid, "says more about its files than a package's can need");
    }

    [Fact]
    public async Task Too_many_files_are_refused()
    {
        var files = Enumerable.Range(0, PackageLimits.MaxFiles + 1).Select(number => ($"{number}", Array.Empty<byte>())).ToArray();
        await RefusedAsync(Zip(files), PackageProblem.PackageTooLarge, "more than 10000 files");
        await RefusedAsync(Tar(files), PackageProblem.PackageTooLarge, "more than 10000 files");
    }

    [Fact]
    public async Task A_folder_of_its_own_is_refused_with_what_is_expected()
    {
        (string, byte[])[] files = [("publish/a.dll", [1]), ("publish/b/c.dll", [2])];
        await RefusedAsync(Zip(files), PackageProblem.PackageInvalid, "all its files are in the folder 'publish/': the files must be at the top, as 'dotnet publish' leaves them");
        await RefusedAsync(GZip(Tar(files, prefix: "./")), PackageProblem.PackageInvalid, "all its files are in the folder 'publish/'");
    }

    [Fact]
    public async Task What_is_no_archive_is_refused()
    {
        var zip = Zip([("a.dll", RandomNumberGenerator.GetBytes(1000))]);
        var tar = Tar([("a.dll", RandomNumberGenerator.GetBytes(2000))]);
        await RefusedAsync([], PackageProblem.PackageInvalid, "neither a zip nor a tar.gz nor a tar");
        await RefusedAsync(RandomNumberGenerator.GetBytes(10).Prepend((byte)0).ToArray(), PackageProblem.PackageInvalid, "neither a zip nor a tar.gz nor a tar");
        await RefusedAsync(Zip([]), PackageProblem.PackageInvalid, "the package has no files");
        await RefusedAsync(zip[..^30], PackageProblem.PackageInvalid, "it cannot be read");
        await RefusedAsync(tar[..1500], PackageProblem.PackageInvalid, "a");
        await RefusedAsync(GZip(tar)[..100], PackageProblem.PackageInvalid, "cannot be read");
        await RefusedAsync(GZip(RandomNumberGenerator.GetBytes(5000)), PackageProblem.PackageInvalid, "cannot be read");
    }

    [Fact]
    public async Task Nothing_that_is_damaged_does_more_than_be_refused()
    {
        var random = new Random(1);
        byte[][] archives = [Zip([("a.dll", new byte[500]), ("b/c", [1])]), Tar([("a.dll", new byte[500]), ("b/c", [1])]), GZip(Tar([("a.dll", new byte[500]), ("b/c", [1])]))];
        for (var round = 0; round < 300; round++)
        {
            var damaged = archives[round % archives.Length].ToArray();
            for (var flips = 0; flips < 3; flips++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                Assert.Null(PackageRules.Check(await StoreAsync(damaged)));
            }
            catch (PackageSourceException exception)
            {
                Assert.True(exception.Problem is PackageProblem.PackageInvalid or PackageProblem.PackageTooLarge, exception.ToString());
            }
        }

        Assert.Equal(["archive"], _source.Leftovers().Select(Path.GetFileName));
    }

    [Fact]
    public async Task An_archive_is_fetched_by_its_url_once()
    {
        var archive = Zip([("a.dll", [1]), ("b.dll", [2])]);
        await using var server = await FakeServer.StartAsync(context => context.Response.Body.WriteAsync(archive, context.RequestAborted).AsTask());
        using var source = new SourceUnderTest(server.Host);
        var package = await FetchAsync(source, server, archive);
        Assert.Equal(["a.dll", "b.dll"], package.Files.Select(file => file.Path));
        Assert.Equal(package.Digest, (await FetchAsync(source, server, archive)).Digest);
        Assert.Equal(("GET", "/a.zip?signature=secret", ""), Assert.Single(server.Requests));
        Assert.Empty(source.Leftovers());
        Assert.DoesNotContain("signature", source.Log.Text, StringComparison.Ordinal);

        // And again, when a file of it is lost.
        source.Store.Discard(package.Files[0].Sha256);
        await FetchAsync(source, server, archive);
        Assert.Equal([1], source.BytesOf(package.Files[0]));
    }

    [Fact]
    public async Task An_archive_behind_a_password_is_fetched_with_the_secrets()
    {
        var archive = Zip([("a.dll", [1])]);
        await using var server = await FakeServer.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Headers.Authorization.Count == 0 ? 401 : 200;
            return context.Response.Body.WriteAsync(archive, context.RequestAborted).AsTask();
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => FetchAsync(source, server, archive), PackageProblem.Unauthorized);
        Assert.Contains($"with an entry for '{server.Host}' in spec.package.pullSecret", failure.Message, StringComparison.Ordinal);
        await source.Source.ResolveAsync(ReferenceOf(server, archive), SourceUnderTest.Credentials(server.Host), ManagerUnderTest.Test);
    }

    [Fact]
    public async Task An_archive_that_is_another_now_is_not_looked_into()
    {
        var archive = Zip([("a.dll", [1])]);
        await using var server = await FakeServer.StartAsync(context => context.Response.Body.WriteAsync(archive, context.RequestAborted).AsTask());
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => FetchAsync(source, server, Zip([("b.dll", [2])])), PackageProblem.DigestMismatch);
        Assert.Contains($"has the SHA-256 {Convert.ToHexStringLower(SHA256.HashData(archive))}", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
        Assert.Empty(source.Leftovers());
        Assert.False(source.Store.Holds(SourceUnderTest.FileOf("a.dll", [1])));
    }

    [Fact]
    public async Task An_archive_that_is_too_large_is_not_fetched()
    {
        await using var server = await FakeServer.StartAsync(async context =>
        {
            context.Response.ContentLength = PackageLimits.MaxPackageSize + 1;
            await context.Response.Body.WriteAsync(new byte[100], context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => FetchAsync(source, server, [1]), PackageProblem.PackageTooLarge);
        Assert.Contains("it has 1073741825 bytes; 1073741824 are allowed", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_bad_archive_is_named_with_where_it_came_from()
    {
        var archive = Zip([("../a.dll", [1])]);
        await using var server = await FakeServer.StartAsync(context => context.Response.Body.WriteAsync(archive, context.RequestAborted).AsTask());
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => FetchAsync(source, server, archive), PackageProblem.PackageInvalid);
        Assert.StartsWith($"server '{server.Host}': the archive http://{server.Host}/a.zip (sha256:", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the file name '../a.dll' is absolute, or has", failure.Message, StringComparison.Ordinal);
    }

    private static PackageReference ReferenceOf(FakeServer server, byte[] archive)
        => PackageReference.OfArchive($"http://{server.Host}/a.zip?signature=secret", Convert.ToHexString(SHA256.HashData(archive)));

    private static Task<ResolvedPackage> FetchAsync(SourceUnderTest source, FakeServer server, byte[] archive)
        => source.Source.ResolveAsync(ReferenceOf(server, archive), null, ManagerUnderTest.Test);

    private static byte[] Zip((string Name, byte[] Bytes)[] files)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8))
        {
            foreach (var (name, bytes) in files)
            {
                using var content = zip.CreateEntry(name).Open();
                content.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    private static byte[] Tar((string Name, byte[] Bytes)[] files, TarEntryFormat format = TarEntryFormat.Pax, string prefix = "")
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, format, leaveOpen: true))
        {
            if (prefix.Length > 0)
            {
                tar.WriteEntry(EntryOf(TarEntryType.Directory, prefix));
            }

            foreach (var (name, bytes) in files)
            {
                var entry = EntryOf(TarEntryType.RegularFile, prefix + name);
                entry.DataStream = new MemoryStream(bytes);
                tar.WriteEntry(entry);
            }
        }

        return stream.ToArray();

        TarEntry EntryOf(TarEntryType type, string name)
        {
            TarEntry entry = format switch
            {
                TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                TarEntryFormat.Gnu => new GnuTarEntry(type, name),
                _ => new PaxTarEntry(type, name),
            };
            entry.Mode = Everybody;
            return entry;
        }
    }

    private static byte[] GZip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return stream.ToArray();
    }

    private async Task<IReadOnlyList<Contracts.V1.PackageFile>> StoreAsync(byte[] archive)
    {
        var path = Path.Combine(_source.Folder, "archive");
        await File.WriteAllBytesAsync(path, archive, ManagerUnderTest.Test);
        return await new ArchiveReader(_source.Store).StoreAsync(path, ManagerUnderTest.Test);
    }

    private async Task RefusedAsync(byte[] archive, PackageProblem problem, string why)
    {
        var failure = await SourceUnderTest.FailureOfAsync(() => StoreAsync(archive), problem);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);

        // Neither what it held before nor behind what it is refused for.
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_source.State, "files"), "*", SearchOption.AllDirectories));
        Assert.Equal(["archive"], _source.Leftovers().Select(Path.GetFileName));
    }

    private sealed class ZeroStream(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Position);
            Array.Clear(buffer, offset, read);
            Position += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => Position = offset;

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
