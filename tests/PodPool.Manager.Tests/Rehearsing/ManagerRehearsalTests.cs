using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PodPool.Manager.Processes;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Rehearsing;

public sealed class ManagerRehearsalTests
{
    [Fact]
    public async Task Nothing_is_left_of_a_rehearsal_and_the_manager_serves()
    {
        var log = new Events();
        using var folder = new TemporaryFolder();
        await using var manager = await ManagerUnderTest.StartAsync(
            folder: folder, change: options => options with { Rehearse = true }, configure: builder => builder.Logging.AddProvider(log));

        Assert.Contains("Rehearsed", log.Names);
        Assert.DoesNotContain("NotRehearsed", log.Names);
        Assert.Empty((await manager.Client.Operator.ListFunctionsAsync(new(), cancellationToken: ManagerUnderTest.Test)).Functions);
        Assert.Single(manager.Pods.All);
        Assert.False(Directory.Exists(PrivateFolder.SocketsPathFor(manager.Options.StateFolder) + "-rehearsal"));

        await manager.Client.DeployAsync("hello", Compiled.Hello());
        var acquired = await manager.AcquireAsync("hello");
        Assert.False(acquired.Instance.Start.Miss);
        Assert.StartsWith("hello ", await InstanceCall.TextAsync(acquired.Instance), StringComparison.Ordinal);
    }

    private sealed class Events : ILoggerProvider, ILogger
    {
        public ConcurrentBag<string> Names { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name is { } name)
            {
                Names.Add(name);
            }
        }

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
