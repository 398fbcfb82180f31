using System.Text.Json;
using PodPool.Runtime.Loading;

namespace PodPool.Runtime.Tests.Loading;

public sealed class DependencyFileTests
{
    [Theory]
    [InlineData("linux-x64", "linux-x64 linux unix-x64 unix any")]
    [InlineData("linux-musl-arm64", "linux-musl-arm64 linux-musl linux-arm64 linux unix-arm64 unix any")]
    [InlineData("osx-arm64", "osx-arm64 osx unix-arm64 unix any")]
    [InlineData("win-x64", "win-x64 win any")]
    public void A_platform_is_a_case_of_wider_ones(string platform, string expected)
        => Assert.Equal(expected.Split(' '), DependencyFile.Platforms(platform));

    [Fact]
    public void Assets_are_found_where_publish_puts_them()
    {
        var file = DependencyFile.Read("""
            {
              "runtimeTarget": { "name": "x", "signature": "" }, "compilationOptions": {},
              "targets": {
                "x": {
                  "App/1.0.0": { "dependencies": { "A": "1.0.0" }, "runtime": { "App.dll": {} } },
                  "A/1.0.0": {
                    "runtime": { "lib/net8.0/A.dll": { "assemblyVersion": "1.0.0.0", "fileVersion": "1.0.0.0" }, "lib/net8.0/B.dll": { "localPath": "plugins/B.dll" } },
                    "native": { "runtimes/linux-x64/native/liba.so": { "fileVersion": "0.0.0.0" } },
                    "resources": { "lib/net8.0/de/A.resources.dll": { "locale": "de" } },
                    "runtimeTargets": {
                      "runtimes/linux/lib/net8.0/A.dll": { "rid": "linux", "assetType": "runtime" },
                      "runtimes/unix/lib/net8.0/A.dll": { "rid": "unix", "assetType": "runtime" },
                      "runtimes/win/lib/net8.0/A.dll": { "rid": "win", "assetType": "runtime" },
                      "runtimes/linux-x64/native/libn.so": { "rid": "linux-x64", "assetType": "native" } } }
                }
              },
              "libraries": { "App/1.0.0": { "type": "project" } }
            }
            """u8, "linux-x64");

        Assert.Equal("App.dll", file.Assembly("App"));
        Assert.Equal("runtimes/linux/lib/net8.0/A.dll", file.Assembly("a"));
        Assert.Equal("plugins/B.dll", file.Assembly("B"));
        Assert.Equal("liba.so", file.Native("liba.so"));
        Assert.Equal("runtimes/linux-x64/native/libn.so", file.Native("libn.so"));
        Assert.Null(file.Assembly("C"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"targets\":[]}")]
    [InlineData("{\"targets\":{\"x\":{\"A/1\":{\"runtime\":{\"a.dll\":1}}}}}")]
    [InlineData("{\"targets\":{")]
    public void What_is_not_of_the_form_is_refused(string json)
        => Assert.ThrowsAny<JsonException>(() => DependencyFile.Read(System.Text.Encoding.UTF8.GetBytes(json), "linux-x64"));
}
