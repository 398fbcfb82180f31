using System.Text;
using PodPool.Contracts.Packages;
using PodPool.Manager.Packages;
using PodPool.Manager.Packages.Registries;

namespace PodPool.Manager.Tests.Packages;

public sealed class PackageManifestTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void A_manifest_is_the_same_for_the_same_files()
    {
        var (one, other) = (SourceUnderTest.FileOf("a.dll", [1]), SourceUnderTest.FileOf("wwwroot/ü+.html", [2]));
        var written = PackageManifest.Write([one, other], "{}"u8);
        Assert.Equal(written, PackageManifest.Write([other, one], "{}"u8));
        Assert.Equal(
            """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.podpool.package.v1","config":"""
            + """{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":"""
            + """[{"mediaType":"application/vnd.podpool.file.v1","digest":"sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a","size":1,"annotations":{"org.opencontainers.image.title":"a.dll"}},"""
            + """{"mediaType":"application/vnd.podpool.file.v1","digest":"sha256:dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986","size":1,"annotations":{"org.opencontainers.image.title":"wwwroot/ü+.html"}}]}""",
            Encoding.UTF8.GetString(written));
        var read = PackageManifest.Read(written);
        Assert.Equal([one, other], read.Files);
        Assert.Null(read.Config);
    }

    [Theory]
    [InlineData("{", "not as the OCI image specification says")]
    [InlineData("[]", "not as the OCI image specification says")]
    [InlineData("{}", "no 'config' and 'layers'")]
    [InlineData("""{"layers":{},"config":{}}""", "no 'config' and 'layers'")]
    [InlineData("""{"config":{},"config":{},"layers":[]}""", "not as the OCI image specification says")]
    [InlineData("""{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""", "this is no package but 'application/vnd.oci.image.index.v1+json'")]
    [InlineData("""{"mediaType":"application/vnd.docker.distribution.manifest.v2+json","layers":[]}""", "this is no package but 'application/vnd.docker")]
    [InlineData("""{"config":{"mediaType":"application/vnd.oci.image.config.v1+json"},"layers":[{"digest":"x"}]}""", "a container image, not a package")]
    [InlineData("""{"config":{},"layers":[]}""", "the package has no files")]
    [InlineData("""{"config":{},"layers":[7]}""", "layer 0 has no file name")]
    [InlineData("""{"config":{},"layers":[{"annotations":{"org.opencontainers.image.title":"a"}}]}""", "layer 0, 'a', has no SHA-256 digest")]
    [InlineData("""{"config":{},"layers":[{"digest":"md5:00","annotations":{"org.opencontainers.image.title":"a"}}]}""", "has no SHA-256 digest")]
    [InlineData("""{"config":{},"layers":[{"digest":"DIGEST","annotations":{"org.opencontainers.image.title":"a"}}]}""", "has no size")]
    [InlineData("""{"config":{},"layers":[{"digest":"DIGEST","size":-1,"annotations":{"org.opencontainers.image.title":"a"}}]}""", "has no size")]
    [InlineData("""{"config":{},"layers":[{"digest":"DIGEST","size":1e99,"annotations":{"org.opencontainers.image.title":"a"}}]}""", "has no size")]
    [InlineData("""{"config":{},"layers":[{"digest":"DIGEST","size":1,"annotations":{"org.opencontainers.image.title":"../a"}}]}""", "'../a' is absolute, or has")]
    [InlineData("""{"config":{},"layers":[{"digest":"DIGEST","size":1,"annotations":{"org.opencontainers.image.title":"/etc/passwd"}}]}""", "is absolute, or has")]
    [InlineData("""{"config":{},"layers":[{"digest":"DIGEST","size":1,"annotations":{"org.opencontainers.image.title":"\ud800"}}]}""", "not as the OCI image specification says")]
    [InlineData("""{"config":{},"layers":[{"digest":"DIGEST","size":1,"annotations":{"org.opencontainers.image.title":"a"}},{"digest":"DIGEST","size":1,"annotations":{"org.opencontainers.image.title":"A"}}]}""", "twice")]
    [InlineData("""{"config":{},"layers":[{"digest":"DIGEST","size":1,"annotations":{"org.opencontainers.image.title":"publish","io.deis.oras.content.unpack":"true"}}]}""", "a packed folder: go into the folder")]
    public void What_is_no_package_is_told_so(string manifest, string why)
    {
        var exception = Assert.Throws<PackageSourceException>(() => PackageManifest.Read(Encoding.UTF8.GetBytes(manifest.Replace("DIGEST", Digest, StringComparison.Ordinal))));
        Assert.Equal(PackageProblem.PackageInvalid, exception.Problem);
        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PackageLimits.MaxFileSize + 1, 1, "a0' has 536870913 bytes")]
    [InlineData(PackageLimits.MaxFileSize, 3, "the package has 1610612736 bytes")]
    [InlineData(0, PackageLimits.MaxFiles + 1, "the package has 10001 files")]
    public void What_is_too_large_is_told_so(long size, int count, string why)
    {
        var files = Enumerable.Range(0, count).Select(number => new Contracts.V1.PackageFile { Path = $"a{number}", Size = size, Sha256 = SourceUnderTest.FileOf("a", []).Sha256 });
        var exception = Assert.Throws<PackageSourceException>(() => PackageManifest.Read(PackageManifest.Write(files, "{}"u8)));
        Assert.Equal(PackageProblem.PackageTooLarge, exception.Problem);
        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
    }
}
