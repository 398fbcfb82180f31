using System.Text.Json;
using Microsoft.Extensions.Logging;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Processes;

/// <summary>What sizes have learnt is kept in the state folder of a manager that leads alone.</summary>
public sealed class LearntSizesTests
{
    [Fact]
    public async Task The_next_manager_goes_on_with_the_size_of_the_one_before()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(StateOf(folder));
        await File.WriteAllTextAsync(FileOf(folder), JsonSerializer.Serialize(new Dictionary<string, string> { ["default"] = Learnt.With(warm: 2), ["unknown"] = "x" }), ManagerUnderTest.Test);
        await using (var first = await StartAsync(folder))
        {
            Assert.Equal(2, (await first.Client.PoolAsync()).Size);
        }

        var kept = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllBytesAsync(FileOf(folder), ManagerUnderTest.Test))!;
        Assert.StartsWith("v1.", Assert.Single(kept).Value, StringComparison.Ordinal);
        Assert.False(File.Exists(FileOf(folder) + ".tmp"));
        await using var second = await StartAsync(folder);
        Assert.Equal(2, (await second.Client.PoolAsync()).Size);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("""{"default":"v1.AAAA"}""")]
    [InlineData("""{"default":"v9.AAAA"}""")]
    [InlineData("future")]
    public async Task A_file_that_cannot_be_read_is_a_warning_and_a_fresh_start(string content)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(StateOf(folder));
        content = content == "future" ? $$"""{"default":"{{Learnt.With(3, TimeProvider.System.GetUtcNow().AddDays(1))}}"}""" : content;
        await File.WriteAllTextAsync(FileOf(folder), content, ManagerUnderTest.Test);
        var warnings = new Warnings();
        await using (var manager = await StartAsync(folder, warnings))
        {
            Assert.Equal(1, (await manager.Client.PoolAsync()).Size);
        }

        Assert.Contains(warnings.Told, told => told.Contains("learn", StringComparison.Ordinal));
        Assert.Contains("v1.", await File.ReadAllTextAsync(FileOf(folder), ManagerUnderTest.Test), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pools_of_a_fixed_size_leave_no_file()
    {
        using var folder = new TemporaryFolder();
        await using (await ManagerUnderTest.StartAsync(warm: 0, folder: folder))
        {
        }

        Assert.False(File.Exists(FileOf(folder)));
    }

    /// <summary>One pod starts, whatever the size: only that is looked at.</summary>
    private static Task<ManagerUnderTest> StartAsync(TemporaryFolder folder, ILoggerProvider? log = null) => ManagerUnderTest.StartAsync(
        change: options => options with { Pools = [options.Pools[0] with { Size = new() { Auto = new(0.5) { Max = 3 } }, Max = 1 }] },
        folder: folder,
        configure: builder => builder.Logging.AddProvider(log ?? new Warnings()),
        wait: false);

    private static string StateOf(TemporaryFolder folder) => ManagerUnderTest.OptionsFor(folder.Path).StateFolder;

    private static string FileOf(TemporaryFolder folder) => Path.Combine(StateOf(folder), "pool-learnt.json");

    private sealed class Warnings : ILoggerProvider, ILogger
    {
        private readonly List<string> _told = [];

        public IReadOnlyList<string> Told
        {
            get
            {
                lock (_told)
                {
                    return [.. _told];
                }
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                lock (_told)
                {
                    _told.Add(formatter(state, exception));
                }
            }
        }

        public void Dispose()
        {
        }
    }
}
