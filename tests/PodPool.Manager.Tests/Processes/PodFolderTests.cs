using System.Diagnostics;
using System.Globalization;
using PodPool.Manager.Processes;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Processes;

/// <summary>What pods leave on the machine: nothing.</summary>
public sealed class PodFolderTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pod_has_a_temporary_folder_of_its_own_that_goes_with_it_even_when_it_is_killed()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        await manager.Client.DeployAsync("writer", Compiled.Function("""
            public sealed class Writer : IHttpFunction
            {
                public async Task HandleAsync(HttpContext context)
                {
                    Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "mine", "deeper"));
                    await File.WriteAllTextAsync(Path.Combine(Path.GetTempPath(), "mine", "deeper", "file"), "mine");
                    await context.Response.WriteAsync($"{Environment.ProcessId} {Path.GetTempPath()}");
                }
            }
            """));
        var acquired = await manager.AcquireAsync("writer");
        var answer = (await InstanceCall.TextAsync(acquired.Instance)).Split(' ');
        var temporary = answer[1].TrimEnd('/');

        Assert.Contains(PrivateFolder.NameFor(manager.Options.StateFolder), temporary, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(temporary, "mine", "deeper", "file")));

        // What a debugger connects to is there too, as the path is short enough for a socket.
        Assert.NotEmpty(Directory.EnumerateFiles(temporary, "dotnet-diagnostic-*"));
        using var process = Process.GetProcessById(int.Parse(answer[0], CultureInfo.InvariantCulture));
        process.Kill();

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (Directory.Exists(Path.GetDirectoryName(temporary)))
        {
            await timer.WaitForNextTickAsync(Test);
        }
    }

    [Fact]
    public async Task Nothing_is_left_of_a_manager_that_ended_with_its_pods()
    {
        string[] folders;
        await using (var manager = await ManagerUnderTest.StartAsync(warm: 1))
        {
            var name = PrivateFolder.NameFor(manager.Options.StateFolder);
            folders = [.. new[] { Path.GetTempPath(), "/dev/shm", Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") ?? "" }.Select(parent => Path.Combine(parent, name))];
            Assert.Contains(folders, Directory.Exists);
        }

        Assert.DoesNotContain(folders, Directory.Exists);
    }

    [Fact]
    public async Task Nothing_is_left_of_a_manager_that_never_started()
    {
        using var folder = new TemporaryFolder();
        var options = ManagerUnderTest.OptionsFor(folder.Path);
        var name = PrivateFolder.NameFor(options.StateFolder);
        await using (var host = ManagerHost.Build(options))
        {
            _ = host.Services.GetService(typeof(Platform.IPodPlatform));
            Assert.True(Directory.Exists(Path.Combine(Path.GetTempPath(), name)));
        }

        Assert.False(Directory.Exists(Path.Combine(Path.GetTempPath(), name)));
        Assert.False(Directory.Exists(Path.Combine("/dev/shm", name)));
    }

    [Fact]
    public void A_temporary_folder_whose_sockets_would_have_too_long_a_path_is_not_used()
        => Assert.Null(PrivateFolder.ForTemporaryFiles("/any", below: new string('x', 107)));
}
