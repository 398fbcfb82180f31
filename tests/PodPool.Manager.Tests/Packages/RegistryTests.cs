using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PodPool.Contracts.Packages;
using PodPool.Manager.Packages;
using PodPool.Manager.Packages.Registries;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Packages;

/// <summary>Against a real registry.</summary>
public sealed class RegistryTests
{
    [Fact]
    public async Task What_was_pushed_is_pulled_by_another_manager()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var pusher = new SourceUnderTest(registry.Host);
        var large = RandomNumberGenerator.GetBytes(3 << 20);
        var files = await pusher.StoreAllAsync(("Hello.dll", "code"), ("Hello.deps.json", "{}"), ("wwwroot/Über uns+1.html", "text"), ("wwwroot/copy.html", "text"), ("empty", ""));
        files.Add(await pusher.StoreAsync("large.bin", large));
        var image = await pusher.PushAsync($"{registry.Host}/team/hello", files, config: new("Hello::Hello.Greeter", "linux-x64"));

        using var puller = new SourceUnderTest(registry.Host);
        var pulled = await puller.PullAsync(image);
        Assert.Equal(PackageRules.Digest(files), pulled.Digest);
        Assert.Equal(files.OrderBy(file => file.Path, StringComparer.Ordinal), pulled.Files);
        Assert.Equal(new PackageConfig("Hello::Hello.Greeter", "linux-x64"), pulled.Config);
        Assert.All(pulled.Files, file => Assert.Equal(pusher.BytesOf(file), puller.BytesOf(file)));
        Assert.Empty(puller.Leftovers());
    }

    [Fact]
    public async Task Equal_packages_are_one_and_files_are_stored_once_for_all()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var source = new SourceUnderTest(registry.Host);
        var files = await source.StoreAllAsync(("a.dll", "a"), ("b.dll", "b"));
        var first = await source.PushAsync($"{registry.Host}/x", files);
        files.Reverse();
        Assert.Equal(first, await source.PushAsync($"{registry.Host}/x", files));
        Assert.Equal(first.Digest, (await source.PushAsync($"{registry.Host}/y", files)).Digest);
        Assert.All(files, file => Assert.Equal(file.Size, new FileInfo(registry.PathOf(ImageReference.Write(file.Sha256))).Length));
    }

    [Fact]
    public async Task A_large_file_is_pushed_in_pieces()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var pusher = new SourceUnderTest(registry.Host, change: options => options with { UploadChunk = 64 << 10 });
        var bytes = RandomNumberGenerator.GetBytes((3 * (64 << 10)) + 1);
        var file = await pusher.StoreAsync("a.dll", bytes);
        var image = await pusher.PushAsync($"{registry.Host}/x", [file]);
        using var puller = new SourceUnderTest(registry.Host);
        Assert.Equal(bytes, puller.BytesOf(Assert.Single((await puller.PullAsync(image)).Files)));
    }

    [Fact]
    public async Task A_registry_that_is_down_is_no_matter_to_what_is_held()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var pusher = new SourceUnderTest(registry.Host);
        var image = await pusher.PushAsync($"{registry.Host}/x", await pusher.StoreAllAsync(("a.dll", "a"), ("b.dll", "b")));
        using var folder = new TemporaryFolder();
        using (var first = new SourceUnderTest(registry.Host, folder))
        {
            await first.PullAsync(image);
        }

        registry.Stop();

        // Another manager on the same disk.
        using var second = new SourceUnderTest(registry.Host, folder);
        Assert.Equal(["a.dll", "b.dll"], (await second.PullAsync(image)).Files.Select(file => file.Path));

        using var without = new SourceUnderTest(registry.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => without.PullAsync(image), PackageProblem.Unreachable);
        Assert.Contains($"registry '{registry.Host}', repository 'x': the manifest {image.Digest}: the connection failed", failure.Message, StringComparison.Ordinal);

        await registry.StartAgainAsync();
        await without.PullAsync(image);
    }

    [Fact]
    public async Task Only_what_is_missing_is_pulled()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var pusher = new SourceUnderTest(registry.Host);
        var files = await pusher.StoreAllAsync(("a.dll", "a"), ("b.dll", "b"));
        var image = await pusher.PushAsync($"{registry.Host}/x", files);
        using var puller = new SourceUnderTest(registry.Host);
        await puller.PullAsync(image);

        // One file is lost here; the manifest and the other file are lost there.
        puller.Store.Discard(files[0].Sha256);
        File.Delete(registry.PathOf(image.Digest));
        File.Delete(registry.PathOf(ImageReference.Write(files[1].Sha256)));
        await puller.PullAsync(image);
        Assert.Equal("a"u8.ToArray(), puller.BytesOf(files[0]));
    }

    [Fact]
    public async Task A_list_that_decayed_on_disk_is_asked_for_again()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var source = new SourceUnderTest(registry.Host);
        var image = await source.PushAsync($"{registry.Host}/x", await source.StoreAllAsync(("a.dll", "a")));
        var package = await source.PullAsync(image);
        var list = Assert.Single(Directory.GetFiles(Path.Combine(source.State, "resolved")));
        var bytes = await File.ReadAllBytesAsync(list, ManagerUnderTest.Test);
        bytes[^10] ^= 1;
        await File.WriteAllBytesAsync(list, bytes, ManagerUnderTest.Test);

        Assert.Equal(package.Digest, (await source.PullAsync(image)).Digest);
        Assert.NotEqual(bytes, await File.ReadAllBytesAsync(list, ManagerUnderTest.Test));
    }

    [Fact]
    public async Task Credentials_open_and_only_the_right_ones()
    {
        using var registry = await RegistryProcess.StartAsync(withUsers: true);
        using var source = new SourceUnderTest(registry.Host);
        var files = await source.StoreAllAsync(("a.dll", "a"));
        var image = await source.PushAsync($"{registry.Host}/x", files, SourceUnderTest.Credentials(registry.Host));

        using var puller = new SourceUnderTest(registry.Host);
        var none = await SourceUnderTest.FailureOfAsync(() => puller.PullAsync(image), PackageProblem.Unauthorized);
        Assert.Contains($"name a secret of type kubernetes.io/dockerconfigjson with an entry for '{registry.Host}' in spec.package.pullSecret", none.Message, StringComparison.Ordinal);
        var other = await SourceUnderTest.FailureOfAsync(() => puller.PullAsync(image, SourceUnderTest.Credentials("127.0.0.1")), PackageProblem.Unauthorized);
        Assert.Contains($"the pull secret holds none for '{registry.Host}'", other.Message, StringComparison.Ordinal);
        var wrong = await SourceUnderTest.FailureOfAsync(
            () => puller.PullAsync(image, SourceUnderTest.Credentials(registry.Host, password: "battery-staple")), PackageProblem.Unauthorized);
        Assert.Contains($"the credentials for '{registry.Host}' in the pull secret were refused (401)", wrong.Message, StringComparison.Ordinal);

        await puller.PullAsync(image, SourceUnderTest.Credentials(registry.Host));

        // What the right ones opened is shut to others: another package of the same repository.
        var second = await source.PushAsync($"{registry.Host}/x", await source.StoreAllAsync(("b.dll", "b")), SourceUnderTest.Credentials(registry.Host));
        await SourceUnderTest.FailureOfAsync(() => puller.PullAsync(second), PackageProblem.Unauthorized);
        var said = string.Join('\n', puller.Log.Text, source.Log.Text, none, other, wrong);
        Assert.DoesNotContain("battery-staple", said, StringComparison.Ordinal);
        Assert.DoesNotContain(RegistryProcess.Password, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_changed_on_the_registrys_disk_does_not_come()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var pusher = new SourceUnderTest(registry.Host);
        var file = await pusher.StoreAsync("a.dll", "the code"u8.ToArray());
        var image = await pusher.PushAsync($"{registry.Host}/x", [file]);
        await File.WriteAllTextAsync(registry.PathOf(ImageReference.Write(file.Sha256)), "bad code", ManagerUnderTest.Test);

        using var puller = new SourceUnderTest(registry.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => puller.PullAsync(image), PackageProblem.DigestMismatch);
        Assert.Contains("the file 'a.dll'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the registry's storage is damaged", failure.Message, StringComparison.Ordinal);
        Assert.False(puller.Store.Holds(file));
        Assert.Empty(puller.Leftovers());
    }

    [Fact]
    public async Task A_file_of_another_size_is_refused_before_it_comes()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var pusher = new SourceUnderTest(registry.Host);
        var file = await pusher.StoreAsync("a.dll", "the code"u8.ToArray());
        var image = await pusher.PushAsync($"{registry.Host}/x", [file]);
        await File.WriteAllTextAsync(registry.PathOf(ImageReference.Write(file.Sha256)), "the code and more", ManagerUnderTest.Test);

        using var puller = new SourceUnderTest(registry.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => puller.PullAsync(image), PackageProblem.DigestMismatch);
        Assert.Contains("17 bytes are offered where the manifest says 8", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_deleted_is_named()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var pusher = new SourceUnderTest(registry.Host);
        var file = await pusher.StoreAsync("a.dll", "the code"u8.ToArray());
        var image = await pusher.PushAsync($"{registry.Host}/x", [file]);
        File.Delete(registry.PathOf(ImageReference.Write(file.Sha256)));

        using var puller = new SourceUnderTest(registry.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => puller.PullAsync(image), PackageProblem.NotFound);
        Assert.Contains($"the file 'a.dll' ({ImageReference.Write(file.Sha256)}): there is no such thing (status 404, BLOB_UNKNOWN)", failure.Message, StringComparison.Ordinal);

        var never = new ImageReference(image.Repository, ImageReference.DigestOf("never"u8));
        failure = await SourceUnderTest.FailureOfAsync(() => puller.PullAsync(never), PackageProblem.NotFound);
        Assert.Contains("MANIFEST_UNKNOWN", failure.Message, StringComparison.Ordinal);

        // And is there again when it is pushed again.
        await pusher.PushAsync($"{registry.Host}/x", [file]);
        await puller.PullAsync(image);
    }

    [Fact]
    public async Task A_damaged_copy_of_the_managers_own_is_not_pushed()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var pusher = new SourceUnderTest(registry.Host);
        var file = await pusher.StoreAsync("a.dll", "the code"u8.ToArray());
        await File.WriteAllTextAsync(Assert.Single(Directory.GetFiles(Path.Combine(pusher.State, "files"), "*", SearchOption.AllDirectories)), "bad code", ManagerUnderTest.Test);
        var failure = await SourceUnderTest.FailureOfAsync(() => pusher.PushAsync($"{registry.Host}/x", [file]), PackageProblem.StorageFailed);
        Assert.Contains("upload it again", failure.Message, StringComparison.Ordinal);
        await SourceUnderTest.FailureOfAsync(() => pusher.PushAsync($"{registry.Host}/x", [file]), PackageProblem.NotFound);
    }

    [Fact]
    public async Task What_oras_makes_of_a_folders_files_is_a_package()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var source = new SourceUnderTest(registry.Host);
        var file = await source.StoreAsync("a.dll", "the code"u8.ToArray());
        await source.PushAsync($"{registry.Host}/x", [file]);
        var manifest = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            mediaType = PackageManifest.MediaType,
            artifactType = "application/vnd.unknown.artifact.v1",
            config = new { mediaType = PackageManifest.EmptyType, digest = ImageReference.DigestOf("{}"u8), size = 2, data = "e30=" },
            layers = new[]
            {
                new
                {
                    mediaType = "application/vnd.oci.image.layer.v1.tar", digest = ImageReference.Write(file.Sha256), size = 8,
                    annotations = new Dictionary<string, string> { ["org.opencontainers.image.title"] = "bin/a.dll" },
                },
            },
            annotations = new Dictionary<string, string> { ["org.opencontainers.image.created"] = "2025-01-01T00:00:00Z" },
        });
        using var client = new HttpMessageInvoker(new SocketsHttpHandler());
        var image = new ImageReference(RepositoryReference.Parse($"{registry.Host}/x"), ImageReference.DigestOf(Encoding.UTF8.GetBytes(manifest)));
        using var request = new HttpRequestMessage(HttpMethod.Put, $"http://{registry.Host}/v2/x/manifests/{image.Digest}")
        {
            Content = new StringContent(manifest, new System.Net.Http.Headers.MediaTypeHeaderValue(PackageManifest.MediaType)),
        };
        using var response = await client.SendAsync(request, ManagerUnderTest.Test);
        Assert.Equal(System.Net.HttpStatusCode.Created, response.StatusCode);

        using var puller = new SourceUnderTest(registry.Host);
        Assert.Equal("bin/a.dll", Assert.Single((await puller.PullAsync(image)).Files).Path);
    }

    [Fact]
    public async Task A_package_of_as_many_files_as_are_allowed_goes_both_ways()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var pusher = new SourceUnderTest(registry.Host);
        var file = await pusher.StoreAsync("a.dll", "the code"u8.ToArray());
        var files = Enumerable.Range(0, PackageLimits.MaxFiles).Select(number => SourceUnderTest.FileOf($"content/{number:00000}.txt", "the code"u8.ToArray())).ToList();
        var image = await pusher.PushAsync($"{registry.Host}/x", files);
        using var puller = new SourceUnderTest(registry.Host);
        Assert.Equal(PackageRules.Digest(files), (await puller.PullAsync(image)).Digest);
        Assert.True(puller.Store.Holds(file));
    }

    [Fact]
    public async Task A_server_without_TLS_that_was_not_named_insecure_is_not_spoken_to()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var source = new SourceUnderTest();
        var file = await source.StoreAsync("a.dll", "the code"u8.ToArray());
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PushAsync($"{registry.Host}/x", [file]), PackageProblem.Untrusted);
        Assert.Contains("must be among the insecure hosts", failure.Message, StringComparison.Ordinal);
    }
}
