using PodPool.Contracts.V1;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Rehearsing;

public sealed class RehearsalTests
{
    /// <summary>Everything is compiled in the process, so that the rehearsal takes seconds: time to come in between.</summary>
    private static readonly (string, string) Slowly = ("DOTNET_ReadyToRun", "0");

    [Fact]
    public async Task A_rehearsed_pod_is_as_if_nothing_had_happened()
    {
        await using var pod = await PodProcess.StartAsync(rehearse: true);

        var status = await pod.StatusAsync();
        Assert.Equal(PodPhase.PodWarm, status.Phase);
        Assert.True(status.Rehearsal.ToTimeSpan() > TimeSpan.Zero);
        Assert.Equal(Environment.Version.ToString(), status.RuntimeVersion);
        Assert.Equal("unix:" + pod.FunctionSocket, status.FunctionAddress);
        Assert.Equal(["package"], Directory.GetFileSystemEntries(pod.FilesFolder).Select(Path.GetFileName));
        using var nobody = await pod.Functions.GetAsync("/", TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.MisdirectedRequest, nobody.StatusCode);

        var package = TestPackage.Of("""
            public class F
            {
                public string Get() => string.Join(" ", Environment.GetEnvironmentVariable("REHEARSAL") ?? "none", AppContext.BaseDirectory, Environment.CurrentDirectory,
                    System.Reflection.Assembly.GetEntryAssembly()!.GetName().Name);
            }
            """);
        await pod.SpecializeAsync(package, "Function::Sample.F::Get");
        Assert.Equal(
            $"\"none {pod.PackageFolder}/ {pod.PackageFolder} Function\"", await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Its_log_holds_nothing_of_the_rehearsal()
    {
        await using var pod = await PodProcess.StartAsync(rehearse: true);

        Assert.Contains("\"event\":\"Listening\"", await pod.OutputAsync(_ => true), StringComparison.Ordinal);
        Assert.Contains("\"event\":\"Warm\"", await pod.OutputAsync(_ => true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_claim_gets_in_before_the_pod_is_warm()
    {
        await using var pod = PodProcess.Start(rehearse: true, Slowly);
        var claim = Samples.Hello.Claim(pod, Samples.HelloEntryPoint);
        await pod.LogAsync("Listening");

        var (reason, _, _) = await pod.RefusalAsync(claim.Parts());

        Assert.Equal(Reason.PodNotWarm, reason);
        await pod.UntilAsync(PodPhase.PodWarm);
        Assert.Equal(pod.Id, (await pod.SpecializeAsync(claim.Parts())).InstanceId);
    }

    [Fact]
    public async Task A_rehearsal_that_fails_ends_the_pod_before_it_is_warm()
    {
        await using var pod = PodProcess.Start(rehearse: true, Slowly);
        await pod.LogAsync("Listening");

        // The rehearsal's files go where a function's go; where that is no folder there is nothing to rehearse in.
        Directory.Delete(pod.FilesFolder, recursive: true);
        await File.WriteAllTextAsync(pod.FilesFolder, "", TestContext.Current.CancellationToken);

        await pod.Exited.WaitAsync(PodProcess.Patience, TestContext.Current.CancellationToken);
        Assert.NotEqual(0, pod.ExitCode);
        await pod.OutputAsync(line => line.Contains("\"Crashed\"", StringComparison.Ordinal));
        Assert.Empty(await File.ReadAllTextAsync(pod.FilesFolder, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("PODPOOL_POD_ID", "", "PODPOOL_POD_ID is not set")]
    [InlineData("PODPOOL_CLAIM_KEY", "bm8ga2V5", "PODPOOL_CLAIM_KEY is no base64 of a SubjectPublicKeyInfo")]
    [InlineData("PODPOOL_LOADER_ADDRESS", "somewhere", "PODPOOL_LOADER_ADDRESS: 'somewhere' is no address")]
    [InlineData("PODPOOL_LOADER_ADDRESS", "https://127.0.0.1:1", "PODPOOL_LOADER_ADDRESS is https, and PODPOOL_LOADER_CERTIFICATE is not set")]
    [InlineData("PODPOOL_LOADER_CERTIFICATE", "/tls", "PODPOOL_LOADER_CERTIFICATE is set, and PODPOOL_LOADER_ADDRESS is not https")]
    [InlineData("PODPOOL_FUNCTION_ADDRESS", "https://127.0.0.1:1", "PODPOOL_FUNCTION_ADDRESS: 'https://127.0.0.1:1' is no address, there is no TLS here")]
    [InlineData("PODPOOL_FILES", "/no/such/folder", "there is no folder '/no/such/folder'")]
    [InlineData("PODPOOL_FILES", "/", "is not empty")]
    public async Task A_pod_that_is_told_nonsense_says_so_and_ends(string name, string value, string message)
    {
        await using var pod = PodProcess.Start(rehearse: false, (name, value));

        await pod.OutputAsync(line => line.Contains(message, StringComparison.Ordinal));
        await pod.Exited.WaitAsync(PodProcess.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(2, pod.ExitCode);
    }
}
