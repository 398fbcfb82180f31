using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Functions;
using PodPool.Manager.Operations;
using PodPool.Manager.Packages;
using PodPool.Manager.Packages.Registries;
using PodPool.Manager.Tests.Packages;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Operations;

public sealed class PublishTests
{
    [Fact]
    public async Task A_package_goes_into_the_functions_repository_and_comes_back_with_its_entry_point()
    {
        using var registry = await RegistryProcess.StartAsync();
        using var source = new SourceUnderTest(registry.Host);
        var request = await StoreAsync(source);
        var publisher = PublisherOf(source, $"http://{registry.Host}/team");

        var answer = await publisher.PublishAsync(request, ManagerUnderTest.Test);

        Assert.StartsWith($"{registry.Host}/team/shop/hello@sha256:", answer.Image, StringComparison.Ordinal);
        using var puller = new SourceUnderTest(registry.Host);
        var pulled = await puller.PullAsync(ImageReference.Parse(answer.Image));
        Assert.Equal((answer.PackageDigest, answer.EntryPoint), (pulled.Digest, pulled.Config.EntryPoint));
        Assert.Equal(answer, await publisher.PublishAsync(request, ManagerUnderTest.Test));
        Assert.Empty(await publisher.ProblemAsync(ManagerUnderTest.Test));
    }

    [Fact]
    public async Task A_registry_that_is_down_or_wants_credentials_is_told_apart()
    {
        using var registry = await RegistryProcess.StartAsync(withUsers: true);
        using var source = new SourceUnderTest(registry.Host);
        var request = await StoreAsync(source);
        var publisher = PublisherOf(source, $"http://{registry.Host}");
        await FailsAsync(publisher, request, Reason.RegistryRefused, $"(401), and the installation's registry secret holds none for '{registry.Host}'");
        Assert.Contains("(401)", await publisher.ProblemAsync(ManagerUnderTest.Test), StringComparison.Ordinal);

        registry.Stop();
        await FailsAsync(publisher, request, Reason.RegistryUnavailable, registry.Host);
        Assert.Contains(registry.Host, await publisher.ProblemAsync(ManagerUnderTest.Test), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_installations_credentials_are_read_when_they_are_needed_and_serve_the_functions_of_the_namespace_alone()
    {
        using var registry = await RegistryProcess.StartAsync(withUsers: true);
        using var source = new SourceUnderTest(registry.Host);
        var request = await StoreAsync(source);
        var secret = Path.Combine(source.Folder, "secret");
        var installation = new InstallationRegistry($"http://{registry.Host}/team", secret);
        var publisher = PublisherOf(source, installation);
        await FailsAsync(publisher, request, Reason.RegistryRefused, "(401)");

        await File.WriteAllTextAsync(secret, "{}", ManagerUnderTest.Test);
        await FailsAsync(publisher, request, Reason.RegistryRefused, "the installation's registry secret is not as kubernetes.io/dockerconfigjson must be");

        await File.WriteAllBytesAsync(secret, SourceUnderTest.DockerConfig(registry.Host), ManagerUnderTest.Test);
        var answer = await publisher.PublishAsync(request, ManagerUnderTest.Test);
        Assert.Empty(await publisher.ProblemAsync(ManagerUnderTest.Test));

        var image = ImageReference.Parse(answer.Image);
        using var puller = new SourceUnderTest(registry.Host);
        Assert.Equal(answer.PackageDigest, (await puller.PullAsync(image, await installation.CredentialsAsync(ManagerUnderTest.Test))).Digest);
        Assert.True(installation.Keeps("shop", image));
        Assert.False(installation.Keeps("sho", image));
        Assert.False(installation.Keeps("team", image));
        Assert.False(new InstallationRegistry($"http://{registry.Host}", secret).Keeps("shop", image));
        Assert.False(new InstallationRegistry("http://registry.example/team", secret).Keeps("shop", image));
        Assert.False(new InstallationRegistry(null, secret).Keeps("shop", image));
    }

    [Fact]
    public async Task What_cannot_be_a_package_or_has_nowhere_to_go_is_refused_before_anything_is_pushed()
    {
        using var source = new SourceUnderTest();
        var request = await StoreAsync(source);
        await FailsAsync(PublisherOf(source, registry: (string?)null), request, Reason.RegistryMissing, "names no registry");
        await FailsAsync(PublisherOf(source, "http://registry.example/Upper"), request, Reason.RegistryMissing, "Upper");

        var publisher = PublisherOf(source, "http://127.0.0.1:1");
        var wrong = request.Clone();
        wrong.EntryPoint = "Nobody";
        await FailsAsync(publisher, wrong, Reason.EntryPointNotFound, "Nobody");
        var missing = request.Clone();
        missing.Files.Add(SourceUnderTest.FileOf("missing.txt", [1]));
        await FailsAsync(publisher, missing, Reason.FileMissing, "missing.txt");
    }

    private static async Task FailsAsync(PackagePublisher publisher, PublishPackageRequest request, Reason reason, string words)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => publisher.PublishAsync(request, ManagerUnderTest.Test));
        Assert.True(failure.ReasonOf() == reason, failure.ToString());
        Assert.Contains(words, failure.Status.Detail, StringComparison.Ordinal);
    }

    private static PackagePublisher PublisherOf(SourceUnderTest source, string? registry) => PublisherOf(source, new InstallationRegistry(registry, null));

    private static PackagePublisher PublisherOf(SourceUnderTest source, InstallationRegistry registry)
        => new(registry, new PackageChecks(ManagerUnderTest.OptionsFor(source.Folder), source.Store), source.Source);

    private static async Task<PublishPackageRequest> StoreAsync(SourceUnderTest source)
    {
        var request = new PublishPackageRequest { Function = new() { Namespace = "shop", Name = "hello" } };
        foreach (var (file, bytes) in Compiled.Hello().Files)
        {
            request.Files.Add(await source.StoreAsync(file.Path, bytes.ToArray()));
        }

        return request;
    }
}
