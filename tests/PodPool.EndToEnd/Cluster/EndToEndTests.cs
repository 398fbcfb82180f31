namespace PodPool.EndToEnd.Cluster;

/// <summary>Tests in a namespace of their own. Of one that failed it is said what the cluster and the managers had to say.</summary>
public abstract class EndToEndTests(TestNamespace space) : IClassFixture<TestNamespace>, IAsyncLifetime
{
    private long _began;

    internal TestNamespace Space { get; } = space;

    internal Installation Installation => Space.Installation;

    internal Caller Caller => Space.Caller;

    public virtual ValueTask InitializeAsync()
    {
        _began = TimeProvider.System.GetTimestamp();
        return ValueTask.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Settings.WhyNot is not null || TestContext.Current.TestState?.Result != TestResult.Failed)
        {
            return;
        }

        var since = $"--since={(int)TimeProvider.System.GetElapsedTime(_began).TotalSeconds + 5}s";
        await SayAsync("get", "pods", "-A", "-o", "wide", "-L", "podpool.dev/state,podpool.dev/function");
        foreach (var component in new[] { "manager", "router" })
        {
            await SayAsync("-n", Installation.Namespace, "logs", "-l", $"app.kubernetes.io/component={component}", "--prefix", "--tail=80", since);
        }
    }

    /// <summary>Something for who reads the results.</summary>
    internal static void Note(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);

    private static async Task SayAsync(params string[] arguments)
    {
        var (_, output, errors) = await Command.TryAsync("kubectl", arguments);
        Note(output + errors);
    }
}
