using Microsoft.Extensions.Logging;

namespace PodPool.Manager.Tests.Peers;

/// <summary>Logs go to the test that runs.</summary>
internal sealed class TestOutput : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, TestContext.Current.TestOutputHelper);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ITestOutputHelper? output) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => output is not null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            try
            {
                output?.WriteLine($"{TimeProvider.System.GetUtcNow():mm:ss.fff} {logLevel} {category}: {formatter(state, exception)} {exception}");
            }
            catch (InvalidOperationException)
            {
                // The test is over, something of it still ends.
            }
        }
    }
}
