using CsCheck;
using Google.Protobuf;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;

namespace PodPool.Contracts.Tests.Packages;

public sealed class PackageRulesTests
{
    /// <summary>Names that people use, and names that attackers do.</summary>
    private static readonly Gen<string> Paths = Gen.OneOf(
        OneOf("..", ".", "", "a", "b", "bin", "C:", "~", "a b", "é", "\0", "a\\b", "..\\..", "con", "…", "\ud800", "a\nb").Array[0, 5]
            .Select(parts => string.Join('/', parts)),
        Gen.String[0, 40],
        OneOf("/etc/passwd", "../x", "a/../../x", "./x", "x/", "/", "//x", "C:/x", "\\\\server\\x", "a/./b", ".../x", "..x/y", "x..", "x/..y"));

    [Fact]
    public void A_safe_path_stays_in_its_folder_whatever_it_is()
        => Paths.Sample(
            path =>
            {
                if (!PackageRules.IsSafePath(path, out var why))
                {
                    Assert.NotEmpty(why);
                    return;
                }

                // As the pod's file system takes it, and as another would.
                var whole = Path.GetFullPath(Path.Combine("/packages/p1", path));
                Assert.StartsWith("/packages/p1/", whole, StringComparison.Ordinal);
                Assert.Equal("/packages/p1/" + path, whole);
                Assert.DoesNotContain('\\', path);
                Assert.DoesNotContain(':', path);
                Assert.DoesNotContain('\0', path);
                Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(path), 1, PackageLimits.MaxPathBytes);
            },
            iter: 20_000);

    [Theory]
    [InlineData("hello.dll")]
    [InlineData("runtimes/linux-x64/native/libe_sqlite3.so")]
    [InlineData("de/hello.resources.dll")]
    [InlineData("wwwroot/a b (1).txt")]
    [InlineData("..hidden/.well-known/x..y")]
    [InlineData("données/日本.txt")]
    public void Ordinary_names_are_safe(string path) => Assert.True(PackageRules.IsSafePath(path, out _));

    [Theory]
    [InlineData("", "empty")]
    [InlineData("/etc/passwd", "absolute")]
    [InlineData("../x", "..")]
    [InlineData("a/../../x", "..")]
    [InlineData("a//b", "empty")]
    [InlineData("a/", "empty")]
    [InlineData("a\\..\\b", "\\")]
    [InlineData("C:/x", ":")]
    [InlineData("a\0b", "control")]
    public void Names_that_leave_the_folder_or_mean_different_things_are_refused(string path, string why)
    {
        Assert.False(PackageRules.IsSafePath(path, out var said));
        Assert.Contains(why, said, StringComparison.Ordinal);
        var fault = PackageRules.Check([File(path)]);
        Assert.Equal(Reason.PackageInvalid, fault!.Reason);
        Assert.DoesNotContain('\0', fault.Message);
    }

    [Fact]
    public void A_name_that_is_no_Unicode_is_refused()
    {
        Assert.False(PackageRules.IsSafePath("a\ud800", out var why));
        Assert.Contains("Unicode", why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_may_have_as_many_bytes_as_the_limit_says_and_no_more()
    {
        Assert.True(PackageRules.IsSafePath(new string('é', PackageLimits.MaxPathBytes / 2), out _));
        Assert.False(PackageRules.IsSafePath(new string('é', PackageLimits.MaxPathBytes / 2) + "x", out _));
    }

    [Fact]
    public void A_package_without_files_with_a_file_twice_or_with_a_file_that_is_a_folder_is_refused()
    {
        Assert.Equal(Reason.PackageInvalid, PackageRules.Check([])!.Reason);
        Assert.Contains("twice", PackageRules.Check([File("a.dll"), File("A.DLL")])!.Message, StringComparison.Ordinal);
        Assert.Contains("both a file and a folder", PackageRules.Check([File("lib"), File("lib/a.dll")])!.Message, StringComparison.Ordinal);
        Assert.Contains("both a file and a folder", PackageRules.Check([File("x/y/z"), File("X/Y")])!.Message, StringComparison.Ordinal);
        Assert.Null(PackageRules.Check([File("lib.dll"), File("lib/a.dll"), File("lib/b/c.dll")]));
    }

    [Fact]
    public void Digests_and_sizes_are_checked()
    {
        Assert.Contains("SHA-256", PackageRules.Check([File("a", digest: 31)])!.Message, StringComparison.Ordinal);
        Assert.Equal(Reason.PackageInvalid, PackageRules.Check([File("a", size: -1)])!.Reason);
        Assert.Null(PackageRules.Check([File("a", size: PackageLimits.MaxFileSize)]));
        Assert.Equal(Reason.PackageTooLarge, PackageRules.Check([File("a", size: PackageLimits.MaxFileSize + 1)])!.Reason);
        Assert.Null(PackageRules.Check([File("a", size: PackageLimits.MaxFileSize), File("b", size: PackageLimits.MaxFileSize)]));
        Assert.Equal(
            Reason.PackageTooLarge,
            PackageRules.Check([File("a", size: PackageLimits.MaxFileSize), File("b", size: PackageLimits.MaxFileSize), File("c", size: 1)])!.Reason);
        Assert.Equal(Reason.PackageTooLarge, PackageRules.Check([.. Enumerable.Range(0, PackageLimits.MaxFiles + 1).Select(i => File($"{i}"))])!.Reason);
        Assert.Null(PackageRules.Check([.. Enumerable.Range(0, PackageLimits.MaxFiles).Select(i => File($"{i}"))]));
    }

    [Fact]
    public void A_package_that_passes_can_be_written_to_any_file_system_and_nothing_is_written_twice_or_outside()
        => Gen.Select(Paths, Gen.Long[0, 1000]).Array[1, 8].Sample(
            entries =>
            {
                var files = entries.Select(entry => File(entry.Item1, size: entry.Item2)).ToList();
                if (PackageRules.Check(files) is { } fault)
                {
                    Assert.NotEmpty(fault.Message);
                    return;
                }

                var names = files.Select(file => file.Path).ToList();
                Assert.All(names, name => Assert.True(PackageRules.IsSafePath(name, out _)));
                Assert.Distinct(names, StringComparer.OrdinalIgnoreCase);
                Assert.DoesNotContain(names, name => names.Any(other => other.StartsWith(name + "/", StringComparison.OrdinalIgnoreCase)));
            },
            iter: 5_000);

    [Fact]
    public void The_digest_is_of_the_files_not_of_their_order_and_changes_with_every_part()
        => Gen.Select(Gen.Int[1, 6], Gen.Int, Gen.Int[0, 5]).Sample((count, seed, pick) =>
        {
            var random = new Random(seed);
            var files = Enumerable.Range(0, count).Select(i => File($"f{i}", size: random.Next(), seed: random.Next())).ToArray();
            var digest = PackageRules.Digest(files);
            Assert.Matches("^sha256:[0-9a-f]{64}$", digest);

            var shuffled = files.ToArray();
            random.Shuffle(shuffled);
            Assert.Equal(digest, PackageRules.Digest(shuffled));

            var changed = files[pick % count];
            foreach (var other in new[]
            {
                new PackageFile(changed) { Path = changed.Path + "x" },
                new PackageFile(changed) { Size = changed.Size + 1 },
                new PackageFile(changed) { Sha256 = File("", seed: ~random.Next()).Sha256 },
            })
            {
                Assert.NotEqual(digest, PackageRules.Digest(files.Select(file => file == changed ? other : file)));
            }

            Assert.NotEqual(digest, PackageRules.Digest(files.Skip(1)));
        });

    [Fact]
    public void The_digest_is_what_its_definition_says()
    {
        var files = new[] { File("b", size: 2, seed: 2), File("a", size: 1, seed: 1) };
        var lines = string.Concat(files.Reverse().Select(file => $"{Convert.ToHexStringLower(file.Sha256.Span)} {file.Size} {file.Path}\n"));
        var expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(lines)));

        Assert.Equal("sha256:" + expected, PackageRules.Digest(files));
    }

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static PackageFile File(string path, long size = 1, int digest = 32, int seed = 0)
    {
        var bytes = new byte[digest];
        new Random(seed).NextBytes(bytes);
        return new() { Path = path, Size = size, Sha256 = ByteString.CopyFrom(bytes) };
    }
}
