using PodPool.Manager.Leading;
using PodPool.Manager.Pools;

namespace PodPool.Manager.Tests.WebConsole;

/// <summary>A manager that knows of another that leads, until a test says that it leads itself.</summary>
internal sealed class StandsBy(PoolSet pools, LearntSizes sizes) : ILeading, IAsyncDisposable
{
    /// <summary>Who leads.</summary>
    public const string Other = "podpool-manager-1";

    private readonly LeadsAlone _inner = new(pools, sizes);

    public string? Ended => null;

    public string? Leader => Other;

    public Task StartAsync(CancellationToken cancellationToken) => _inner.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _inner.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}
