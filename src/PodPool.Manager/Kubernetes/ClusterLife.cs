using PodPool.Contracts.Wire;
using PodPool.Manager.Kubernetes.Functions;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Kubernetes.Leading;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Telling;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader.Certificates;
using PodPool.Manager.Operations;
using PodPool.Manager.Packages;
using PodPool.Manager.Pools;
using PodPool.Manager.Routing;

namespace PodPool.Manager.Kubernetes;

/// <summary>
/// What a manager on a cluster does from its start to its end:
/// <list type="number">
/// <item>it finds out what exists, opens channels to all pods, fetches all functions' packages, and stands by;</item>
/// <item>elected, it takes over, tells the routers, and begins to write;</item>
/// <item>when it sees that another leads it ends, and comes back as one that stands by.</item>
/// </list>
/// </summary>
internal sealed partial class ClusterLife(
    ManagerOptions manager, LeaseElection election, InstallationSecret installation, LoaderSecurity security, PeerSecurity peers,
    PeerSecrets peerSecrets, Informer<RuntimePoolResource> poolInformer,
    Informer<FunctionResource> functionInformer, PoolReconciler poolReconciler, FunctionReconciler functionReconciler,
    IEnumerable<IFunctionExposure> exposures, FunctionStatusWriter statuses, EventRecorder events, PackageSource packages, PoolSet pools, Leadership leadership, IHostApplicationLifetime lifetime,
    TimeProvider time, ILoggerFactory loggers)
    : ILeading, IAsyncDisposable
{
    /// <summary>A function whose registry does not answer must not keep the others from being served.</summary>
    private static readonly TimeSpan CatchUpPatience = TimeSpan.FromSeconds(10);

    /// <summary>Nobody claims while what pools have learnt is written, and the next one cannot lead yet: it is not worth more than that.</summary>
    private static readonly TimeSpan KeepPatience = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<ClusterLife>();
    private readonly CancellationTokenSource _stopping = new();
    private DateTimeOffset _due;
    private Task _running = Task.CompletedTask;
    private Task _election = Task.CompletedTask;

    /// <inheritdoc/>
    public string? Ended { get; private set; }

    /// <inheritdoc/>
    public string? Leader => election.Holder;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Renew();
        using (ExecutionContext.SuppressFlow())
        {
            _running = Task.WhenAll(
                [
                    Run(poolInformer.RunAsync), Run(functionInformer.RunAsync), Run(poolReconciler.RunAsync), Run(functionReconciler.RunAsync),
                    Run(statuses.RunAsync), Run(events.RunAsync), Run(packages.KeepHouseAsync), Run(RenewAsync), .. exposures.Select(exposure => Run(exposure.RunAsync)),
                    .. manager.ListensOverTls ? new[] { Run(peerSecrets.RunAsync) } : [],
                ]);
        }

        await pools.StartAsync(cancellationToken).ConfigureAwait(false);
        using (ExecutionContext.SuppressFlow())
        {
            _election = Task.Run(ElectAsync, CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // While it leads: the next one reads it when it begins to.
        if (leadership.Current is not null)
        {
            using var patience = new CancellationTokenSource(KeepPatience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            await poolReconciler.KeepLearntAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // The lease is given back first: the next one leads while this one still closes.
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _election.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _election.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task ElectAsync()
    {
        try
        {
            var end = await election.RunAsync(LeadAsync, _stopping.Token).ConfigureAwait(false);
            await StepDownAsync().ConfigureAwait(false);
            if (end is LeaseEnd.Lost lost)
            {
                Log.Lost(_logger, lost.To);
                EndManager($"{lost.To} leads");
            }
        }
        catch (Exception exception)
        {
            Log.Failed(_logger, exception);
            await StepDownAsync().ConfigureAwait(false);
            EndManager(exception.Message);
        }
    }

    private async Task StepDownAsync()
    {
        leadership.End();
        await pools.StepDownAsync().ConfigureAwait(false);
    }

    private async Task LeadAsync(long epoch, CancellationToken cancellationToken)
    {
        // Routers take this manager's word for what there is: it must not speak before it knows.
        await functionReconciler.CaughtUp.WaitAsync(CatchUpPatience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        await poolReconciler.PrepareToLeadAsync(cancellationToken).ConfigureAwait(false);
        await pools.LeadAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        leadership.Begin((ulong)epoch);
        Log.Leads(_logger, epoch);
        poolReconciler.LookAtAll();
        statuses.LookAtAll();
    }

    /// <summary>The certificates that this manager calls pods with, and shows to routers and doors; they are of one age.</summary>
    private void Renew()
    {
        var trust = TrustBundle.Of(installation.Authority);
        var own = installation.Authority.IssueClient(time);
        security.Use(own, trust);
        peers.Use(installation.Authority.IssueServer(InstallationTls.ManagerName, time), trust);
        _due = own.Life.DueAt;
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(_due - time.GetUtcNow(), time, cancellationToken).ConfigureAwait(false);
            Renew();
        }
    }

    private void EndManager(string why)
    {
        Ended = why;
        lifetime.StopApplication();
    }

    private Task Run(Func<CancellationToken, Task> work) => Task.Run(
        async () =>
        {
            try
            {
                await work(_stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // The manager stops.
            }
            catch (Exception exception)
            {
                // Half a manager is worse than none: another takes over.
                Log.Failed(_logger, exception);
                EndManager(exception.Message);
            }
        },
        CancellationToken.None);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "This manager leads, in epoch {Epoch}", EventName = "Leads")]
        public static partial void Leads(ILogger logger, long epoch);

        [LoggerMessage(2, LogLevel.Warning, "{Other} leads: this manager ends, and stands by when it is started again", EventName = "Lost")]
        public static partial void Lost(ILogger logger, string other);

        [LoggerMessage(3, LogLevel.Critical, "A part of the manager failed: it ends", EventName = "Failed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
