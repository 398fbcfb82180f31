using System.Reflection;
using PodPool.DaprStandIn.Starting;

namespace PodPool.Cli.Tests.Dapr;

/// <summary>A terminal on whose PATH there is a daprd (the stand-in), with components of a real Redis.</summary>
internal sealed class DaprOnPath : IAsyncDisposable
{
    private readonly RedisServer _redis;

    private DaprOnPath(RedisServer redis)
    {
        _redis = redis;
        Terminal["PATH"] = Path.GetDirectoryName(Program) + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        Components = Directory.CreateDirectory(Path.Combine(Terminal.Folder, "components")).FullName;
        Add("statestore", ComponentFile.Of(redis, "state.redis", "statestore"));
        Add("pubsub", ComponentFile.Of(redis, "pubsub.redis", "pubsub", ("processingTimeout", "2s"), ("redeliverInterval", "500ms")));
    }

    /// <summary>The stand-in.</summary>
    public static string Program { get; } = Path.ChangeExtension(
        typeof(DaprOnPath).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "DaprStandIn").Value!, null);

    public TestTerminal Terminal { get; } = new();

    /// <summary>The folder of components.</summary>
    public string Components { get; }

    /// <summary>Skips the test where there is no Redis.</summary>
    public static async Task<DaprOnPath> StartAsync() => new(await RedisServer.StartAsync());

    public void Add(string name, string component) => File.WriteAllText(Path.Combine(Components, name + ".yaml"), component);

    /// <summary>A file for <c>--dapr</c>.</summary>
    public string Uses(string text)
    {
        var path = Path.Combine(Terminal.Folder, Guid.NewGuid().ToString("N") + ".yaml");
        File.WriteAllText(path, text);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        Terminal.Dispose();
    }
}
