using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using PodPool.Core;
using PodPool.Manager.Loader;
using PodPool.Manager.Loader.Certificates;
using PodPool.Manager.Platform;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Loader;

/// <summary>The manager's link to real pods over mutual TLS.</summary>
public sealed class SecureLinkTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CertificateAuthority _authority = CertificateAuthority.Create(TimeProvider.System);
    private readonly LoaderSecurity _security = new(pod => NameOf(pod.Pool));
    private readonly Lines _log = new();

    public SecureLinkTests() => _security.Use(_authority.IssueClient(TimeProvider.System), TrustBundle.Of(_authority));

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pod_of_the_pool_is_known_and_what_is_open_outlives_a_rotation()
    {
        await using var pod = PodOf(_authority, "default");
        await using var link = Open(pod.Description, _security);
        await link.FirstStatus.WaitAsync(Patience, Test);
        Assert.Equal(PodPhase.Warm, link.Observation.Phase);

        // 1. Both trust both.
        using var next = CertificateAuthority.Create(TimeProvider.System);
        pod.Write(_authority.IssueServer(NameOf("default"), TimeProvider.System), TrustBundle.Of(_authority, next));
        _security.Use(_authority.IssueClient(TimeProvider.System), TrustBundle.Of(_authority, next));
        Assert.True(await AnswersAsync(pod.Description, _security));

        // 2. The next one issues; each end may be first.
        _security.Use(next.IssueClient(TimeProvider.System), TrustBundle.Of(_authority, next));
        Assert.True(await AnswersAsync(pod.Description, _security));
        pod.Write(next.IssueServer(NameOf("default"), TimeProvider.System), TrustBundle.Of(_authority, next));
        Assert.True(await AnswersAsync(pod.Description, _security));

        // 3. The old one is forgotten.
        pod.Write(next.IssueServer(NameOf("default"), TimeProvider.System), TrustBundle.Of(next));
        _security.Use(next.IssueClient(TimeProvider.System), TrustBundle.Of(next));
        Assert.True(await AnswersAsync(pod.Description, _security));
        _security.Use(_authority.IssueClient(TimeProvider.System), TrustBundle.Of(next));
        Assert.False(await AnswersAsync(pod.Description, _security));

        // Opened before all that.
        Assert.True(await link.AnswersAsync(Patience));
    }

    [Fact]
    public async Task A_pod_of_another_pool_at_the_address_is_not_taken_for_one_of_ours()
    {
        await using var pod = PodOf(_authority, "other");
        await ListensAsync(pod.Description with { Pool = "other" });

        Assert.False(await AnswersAsync(pod.Description, _security));

        Assert.Contains("NameMismatch", await _log.NextAsync("NotTrusted"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_of_another_authority_is_not_trusted()
    {
        using var other = CertificateAuthority.Create(TimeProvider.System);
        await using var pod = new SecurePod(other.IssueServer(NameOf("default"), TimeProvider.System), TrustBundle.Of(_authority));
        var lenient = new LoaderSecurity(described => NameOf(described.Pool));
        lenient.Use(_authority.IssueClient(TimeProvider.System), TrustBundle.Of(_authority, other));
        await ListensAsync(pod.Description, lenient);

        Assert.False(await AnswersAsync(pod.Description, _security));

        await _log.NextAsync("NotTrusted");
    }

    [Fact]
    public async Task A_client_that_shows_a_pods_certificate_is_no_server_to_the_manager()
    {
        await using var pod = new SecurePod(_authority.IssueClient(TimeProvider.System), TrustBundle.Of(_authority));
        await using var link = Open(pod.Description, _security);

        await _log.NextAsync("NotTrusted");

        Assert.False(link.FirstStatus.IsCompleted);
    }

    [Fact]
    public async Task A_manager_without_certificates_says_that_it_has_none()
    {
        await using var pod = PodOf(_authority, "default");
        await ListensAsync(pod.Description);
        Assert.False(await AnswersAsync(pod.Description, new NoLoaderSecurity()));
        Assert.False(await AnswersAsync(pod.Description, new LoaderSecurity(_ => NameOf("default"))));
        Assert.True(await AnswersAsync(pod.Description, _security));
    }

    public void Dispose() => _authority.Dispose();

    private static string NameOf(string pool) => LoaderName.Of(pool, "tests");

    private static SecurePod PodOf(CertificateAuthority authority, string pool)
        => new(authority.IssueServer(NameOf(pool), TimeProvider.System), TrustBundle.Of(authority));

    private PodLink Open(PlatformPod pod, ILoaderSecurity security)
    {
        var link = new PodLink(pod, pod.LoaderAddress!, new Unobserved(), security, TimeProvider.System, _log);
        link.Open();
        return link;
    }

    /// <summary>Waits until the pod is there for those who know it.</summary>
    private async Task ListensAsync(PlatformPod pod, ILoaderSecurity? security = null)
    {
        await using var link = Open(pod, security ?? _security);
        await link.FirstStatus.WaitAsync(Patience, Test);
    }

    /// <summary>Whether the pod answers on a new connection.</summary>
    private async Task<bool> AnswersAsync(PlatformPod pod, ILoaderSecurity security)
    {
        await using var link = new PodLink(pod, pod.LoaderAddress!, new Unobserved(), security, TimeProvider.System, _log);
        return await link.AnswersAsync(Patience);
    }

    private sealed class Unobserved : ILinkObserver
    {
        public void Observed(PlatformPod pod, PodObservation observation)
        {
            // Asked for where it matters.
        }

        public Task UnreachableAsync(PlatformPod pod, TimeSpan since) => Task.CompletedTask;
    }

    /// <summary>What is logged, event by event.</summary>
    private sealed class Lines : ILogger
    {
        private readonly Channel<(string Name, string Text)> _lines = Channel.CreateUnbounded<(string, string)>();

        public async Task<string> NextAsync(string name)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Test);
            patience.CancelAfter(Patience);
            while (true)
            {
                var line = await _lines.Reader.ReadAsync(patience.Token);
                if (line.Name == name)
                {
                    return line.Text;
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => _lines.Writer.TryWrite((eventId.Name ?? "", formatter(state, exception)));
    }
}
