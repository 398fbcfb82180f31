using PodPool.Contracts;
using PodPool.Manager.Processes;

namespace PodPool.Manager.Tests.Processes;

/// <summary>What a pod's process is started with.</summary>
public sealed class RuntimeProgramTests
{
    [Fact]
    public void A_pod_gets_the_settings_that_the_runtime_reads_before_any_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "PodPool.Runtime"), "");
        var start = RuntimeProgram.Find(folder.Path).StartInfo(
            Path.Combine(folder.Path, "log"), new PodFolder(folder.Path, folder.Path, Temporary: null), memoryBytes: 0, [new(PodEnvironment.PodId, "p")]);

        Assert.NotEmpty(PodEnvironment.RuntimeSettings);
        Assert.All(PodEnvironment.RuntimeSettings, setting => Assert.Equal(Environment.GetEnvironmentVariable(setting.Key) ?? setting.Value, start.Environment[setting.Key]));
        Assert.Equal("p", start.Environment[PodEnvironment.PodId]);
    }
}
