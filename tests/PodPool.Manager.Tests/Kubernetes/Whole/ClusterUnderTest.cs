using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Grpc.Core;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PodPool.Contracts;
using PodPool.Contracts.Wire;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Loader.Certificates;
using PodPool.Manager.Routing;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Packages;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Whole;

/// <summary>A cluster of one node with a pool, a web server with packages, and managers as many as a test starts.</summary>
internal sealed class ClusterUnderTest : IAsyncDisposable
{
    public static readonly FakeKind Functions = new(CustomResources.Group, CustomResources.Version, FunctionResource.KubePluralName);
    public static readonly FakeKind Leases = new("coordination.k8s.io", "v1", "leases");
    public static readonly FakeKind Pools = new(CustomResources.Group, CustomResources.Version, RuntimePoolResource.KubePluralName);

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, byte[]> _packages = [];
    private FakeServer _web = null!;
    private FakeKubelet _kubelet = null!;
    private KubernetesApi _api = null!;

    public FakeApiServer Server { get; private set; } = null!;

    public int PodsStarted => _kubelet.Started;

    public FakeKubelet Kubelet => _kubelet;

    /// <summary>Which manager holds the lease; null: none.</summary>
    public string? LeaseHolder => Server.Store.Find(Leases, new("podpool-system", "podpool-manager"))!.Text("spec", "holderIdentity");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    /// <param name="imageIsThere">Whether pods start at once, or when the kubelet is told that their image was pulled.</param>
    public static async Task<ClusterUnderTest> StartAsync(bool imageIsThere = true)
    {
        var cluster = new ClusterUnderTest { Server = await FakeApiServer.StartAsync() };
        cluster._api = cluster.Server.Connect("installer");
        cluster._kubelet = new(cluster.Server.Store, imageIsThere);
        cluster._web = await FakeServer.StartAsync(context => cluster._packages.TryGetValue(context.Request.Path.Value![1..], out var bytes)
            ? context.Response.Body.WriteAsync(bytes).AsTask()
            : Task.FromResult(context.Response.StatusCode = StatusCodes.Status404NotFound));
        cluster.Server.Store.Create(new RuntimePoolResource
        {
            Metadata = new() { Name = "default", NamespaceProperty = "podpool-system" },
            Spec = new()
            {
                Template = new() { Spec = System.Text.Json.JsonDocument.Parse("""{"containers":[{"name":"runtime","image":"i"}]}""").RootElement },
                Size = new() { Warm = 1 },
                AllowedNamespaces = ["shop"],
            },
        });
        return cluster;
    }

    /// <summary>A manager as in a pod of its own; it may have to stand by. With a Gateway, functions have hosts of <c>example.com</c>.</summary>
    /// <param name="name">Tells it from others.</param>
    /// <param name="unreachableAfter">How long a pod may be silent.</param>
    /// <param name="gateway">The Gateway.</param>
    /// <param name="tls">Whether routers come in by a port over TLS, or by a socket.</param>
    /// <param name="console">Whether it has a page.</param>
    public async Task<ClusterManager> StartManagerAsync(string name, TimeSpan? unreachableAfter = null, string? gateway = null, bool tls = false, bool console = false)
    {
        var config = Path.Combine(_folder.Path, $"{name}.config");
        await File.WriteAllTextAsync(config, $$$"""
            {"apiVersion":"v1","kind":"Config","current-context":"c","clusters":[{"name":"c","cluster":{"server":"{{{Server.Address}}}"}}],
             "users":[{"name":"u","user":{"token":"{{{name}}}"}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}]}
            """, Test);
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var pool = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        pool.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var options = new ManagerOptions
        {
            StateFolder = Path.Combine(_folder.Path, name),
            RuntimeFolder = ManagerUnderTest.RuntimeFolder,
            Listen = tls ? $"https://{pool.LocalEndPoint}" : "unix:" + Path.Combine(_folder.Path, $"{name}.sock"),
            Pools = [],
            KeepPods = true,
            Console = console ? "http://127.0.0.1:0" : null,
            Domain = gateway is null ? null : "example.com",
            Rehearse = false,
            UnreachableAfter = unreachableAfter ?? TimeSpan.FromSeconds(10),
            Kubernetes = new()
            {
                Namespace = "podpool-system",
                Identity = name,
                Operators = $"http://{free.LocalEndPoint}",
                InsecureRegistries = [_web.Host],
                KubeConfig = config,
                Gateway = gateway,
            },
        };
        free.Close();
        pool.Close();
        var installation = await InstallationSecret.OpenAsync(_api.Resource<V1Secret>(), "podpool-system", TimeProvider.System, Test);
        var host = ManagerHost.Build(options, installation, builder =>
        {
            builder.Logging.AddProvider(new TestOutput());
            builder.Logging.SetMinimumLevel(LogLevel.Debug);
            builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
            builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        });
        await host.StartAsync(Test);
        return new(host, options, installation.Authority);
    }

    /// <summary>Declares a function whose package is on the web server.</summary>
    public void Declare(string name, TestPackage package, params JsonObject[] env)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (file, bytes) in package.Files)
            {
                using var entry = zip.CreateEntry(file.Path).Open();
                entry.Write(bytes);
            }
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(stream.ToArray()));
        _packages[digest] = stream.ToArray();
        Server.Store.Create(Functions, "shop", new()
        {
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject
            {
                ["package"] = new JsonObject { ["url"] = new Uri(_web.Address, digest).AbsoluteUri, ["sha256"] = digest },
                ["env"] = new JsonArray([.. env]),
            },
        });
    }

    public void SetSecret(string name, string key, string value)
    {
        var secrets = new FakeKind("", "v1", "secrets");
        var data = new JsonObject { [key] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(value)) };
        if (Server.Store.Find(secrets, new("shop", name)) is null)
        {
            Server.Store.Create(secrets, "shop", new() { ["metadata"] = new JsonObject { ["name"] = name }, ["data"] = data });
        }
        else
        {
            Server.Store.Patch(secrets, new("shop", name), new() { ["data"] = data });
        }
    }

    /// <summary>Waits until objects are as they should be; looks at every change.</summary>
    public async Task UntilAsync(Func<bool> holds)
    {
        while (true)
        {
            var next = Server.Store.Next;
            if (holds())
            {
                return;
            }

            await next.WaitAsync(TimeSpan.FromSeconds(60), Test);
        }
    }

    /// <summary>A condition of a function; null: nobody said anything of it.</summary>
    public JsonNode? Condition(string function, string type)
        => Server.Store.Find(Functions, new("shop", function))?.ToNode()["status"]?["conditions"]?.AsArray().FirstOrDefault(condition => condition!["type"]!.GetValue<string>() == type);

    public bool IsReady(string function) => Condition(function, ConditionTypes.Ready)?["status"]?.GetValue<string>() == ResourceCondition.True;

    public async ValueTask DisposeAsync()
    {
        await _kubelet.DisposeAsync();
        _api.Dispose();
        await Server.DisposeAsync();
        await _web.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>One manager, and a client that asks as a router does.</summary>
internal sealed class ClusterManager(WebApplication host, ManagerOptions options, CertificateAuthority authority) : IAsyncDisposable
{
    private readonly ManagerClient _client = new(options.Listen, options.ListensOverTls ? CallWith(authority.IssueRouter(TimeProvider.System), authority) : null);
    private ulong _sequence;

    /// <summary>Signalled when it begins to end, before it stops listening.</summary>
    public CancellationToken Stopping => host.Lifetime.ApplicationStopping;

    /// <summary>Where routers come in.</summary>
    public string Address => options.Listen;

    /// <summary>The installation's.</summary>
    public CertificateAuthority Authority => authority;

    /// <summary>The page, of one that has it.</summary>
    public Uri Page => new(ManagerHost.ConsoleOf(host)!, "/console");

    /// <summary>Who it is to routers.</summary>
    public PeerSecurity Security => host.Services.GetRequiredService<PeerSecurity>();

    /// <summary>Routers that are connected, as far as it leads.</summary>
    public int RouterCount => host.Services.GetRequiredService<RouterHub>().Connected.Count();

    /// <summary>As routers come in.</summary>
    public ManagerClient Routers => _client;

    /// <summary>How a manager is called with a certificate, or with none, by who trusts an authority.</summary>
    public static SslClientAuthenticationOptions CallWith(IssuedCertificate? own, CertificateAuthority authority)
    {
        var trust = TrustBundle.Of(authority);
        return new()
        {
            TargetHost = InstallationTls.ManagerName,
            EnabledSslProtocols = InstallationTls.Protocol,
            ApplicationProtocols = InstallationTls.ApplicationProtocols,
            ClientCertificateContext = own?.Present(trust),
            CertificateChainPolicy = InstallationTls.Trust(trust.Certificates, InstallationTls.ServerUse),
        };
    }

    /// <summary>As operators come in.</summary>
    public ManagerClient ConnectOperator() => new(options.Kubernetes!.Operators);

    /// <summary>An instance of a function of the namespace <c>shop</c>.</summary>
    public async Task<Contracts.V1.Instance> AcquireAsync(string function)
    {
        var load = new Contracts.V1.FunctionLoad { Function = new() { Namespace = "shop", Name = function }, Sequence = ++_sequence, Waiting = 1 };
        var answer = await _client.Pool.AcquireAsync(
            new() { RouterId = "r", Load = load }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(60), cancellationToken: TestContext.Current.CancellationToken);
        return answer.Instance;
    }

    /// <summary>The same of one that is about to lead: elected is not yet leading, it takes over first.</summary>
    public async Task<Contracts.V1.Instance> LedAsync(string function)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (true)
        {
            try
            {
                return await AcquireAsync(function);
            }
            catch (RpcException exception) when (exception.ReasonOf() == Contracts.V1.Reason.NotLeader)
            {
                await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public Task EndsAsync() => host.WaitForShutdownAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await host.StopAsync(CancellationToken.None);
        await host.DisposeAsync();
    }
}
