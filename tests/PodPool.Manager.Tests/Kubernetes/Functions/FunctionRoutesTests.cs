using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using PodPool.Contracts;
using PodPool.Manager.Kubernetes;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Functions;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Kubernetes.Resources;
using PodPool.Manager.Tests.Peers;
using YamlDotNet.RepresentationModel;

namespace PodPool.Manager.Tests.Kubernetes.Functions;

/// <summary>Functions' HTTPRoutes against an API server, with nothing of a manager round them.</summary>
public sealed class FunctionRoutesTests : IAsyncLifetime
{
    private static readonly FakeKind Kind = new(HttpRouteResource.KubeGroup, HttpRouteResource.KubeApiVersion, HttpRouteResource.KubePluralName);
    private static readonly ObjectName Hello = new("shop", "hello");
    private static readonly ObjectName Name = new("podpool-system", "shop.hello");

    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentQueue<ObjectName> _changed = new();
    private readonly Warnings _warnings = new();
    private FakeApiServer _server = null!;
    private KubernetesApi _api = null!;
    private ILoggerFactory _loggers = null!;
    private FunctionRoutes? _routes;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _api = _server.Connect();
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_warnings));
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _routes?.Dispose();
        _api.Dispose();
        await _server.DisposeAsync();
        _loggers.Dispose();
        _ending.Dispose();
    }

    [Fact]
    public async Task A_function_gets_a_route_from_the_Gateway_to_the_router()
    {
        var state = await Start().EnsureAsync(Declare("hello.example.org"), Test);
        Assert.True(state.IsReady);
        Assert.Contains("infra/public", state.Message, StringComparison.Ordinal);

        var route = _server.Store.Find(Kind, Name)!.ToNode();
        Assert.Equal("""[{"name":"public","namespace":"infra"}]""", route["spec"]!["parentRefs"]!.ToJsonString());
        Assert.Equal("""["hello.shop.example.com","hello.example.org"]""", route["spec"]!["hostnames"]!.ToJsonString());
        Assert.Equal(
            """[{"matches":[{"path":{"type":"PathPrefix","value":"/"}}],"backendRefs":[{"name":"podpool-router","port":80}]}]""", route["spec"]!["rules"]!.ToJsonString());
        Assert.Equal("podpool", (string?)route["metadata"]!["labels"]!["app.kubernetes.io/managed-by"]);
        Assert.Equal("hello", (string?)route["metadata"]!["labels"]![PodLabels.Function]);
        Assert.Equal("shop", (string?)route["metadata"]!["labels"]![PodLabels.FunctionNamespace]);
    }

    [Fact]
    public async Task It_follows_the_functions_hosts_and_is_written_only_when_they_change()
    {
        var routes = Start();
        await routes.EnsureAsync(Declare("one.example.org"), Test);
        await KnownAsync();
        await routes.EnsureAsync(Declare("one.example.org"), Test);
        Assert.Equal(["create"], Writes());

        await routes.EnsureAsync(Declare("two.example.org"), Test);
        Assert.Equal(["hello.shop.example.com", "two.example.org"], Hostnames());
        Assert.Equal(["create", "patch"], Writes());
    }

    [Fact]
    public async Task It_goes_with_its_function_and_not_before_the_server_says_that_the_function_is_gone()
    {
        var routes = Start();
        await routes.EnsureAsync(Declare(), Test);
        await KnownAsync();
        _server.Store.Create(Declare());
        await routes.RemoveAsync(Hello, Test);
        Assert.NotNull(_server.Store.Find(Kind, Name));

        _server.Store.Delete(ResourceOfFunctions, Hello);
        await routes.RemoveAsync(Hello, Test);
        Assert.Null(_server.Store.Find(Kind, Name));
    }

    [Fact]
    public async Task A_route_of_the_same_name_that_was_made_anew_by_somebody_else_is_neither_changed_nor_removed()
    {
        var routes = Start();
        await routes.EnsureAsync(Declare(), Test);
        await KnownAsync();

        // Its watch tells nothing more.
        _server.Watches.Single(watch => watch.Request.Kind == Kind).Stall();
        _server.Store.Delete(Kind, Name);
        var foreign = Foreign();
        Assert.False((await routes.EnsureAsync(Declare("hello.example.org"), Test)).IsReady);
        await routes.RemoveAsync(Hello, Test);
        Assert.Equal(foreign.Version, _server.Store.Find(Kind, Name)?.Version);
    }

    [Fact]
    public async Task A_route_that_somebody_else_made_is_left_alone_and_that_is_said()
    {
        var foreign = Foreign();
        var routes = Start();
        var state = await routes.EnsureAsync(Declare(), Test);
        Assert.False(state.IsReady);
        Assert.Contains("'podpool-system/shop.hello'", state.Message, StringComparison.Ordinal);
        await routes.RemoveAsync(Hello, Test);
        Assert.Equal(foreign.Version, _server.Store.Find(Kind, Name)!.Version);
    }

    [Fact]
    public async Task Its_own_route_that_the_watch_has_not_shown_yet_is_known_for_its_own()
    {
        _server.Fail(request => request.Kind == Kind && request.Verb == "watch" ? new FakeFault.Held(new TaskCompletionSource().Task) : null);
        var routes = Start();
        Assert.True((await routes.EnsureAsync(Declare(), Test)).IsReady);
        Assert.True((await routes.EnsureAsync(Declare("later.example.org"), Test)).IsReady);
        Assert.Equal(["hello.shop.example.com", "later.example.org"], Hostnames());
    }

    [Fact]
    public async Task Without_the_kind_that_is_said_at_once_and_the_route_is_made_when_the_kind_is_there()
    {
        _server.Fail(request => request.Kind == Kind ? new FakeFault.Refused(404, "NotFound", "the server could not find the requested resource") : null);
        var routes = Start();
        var state = await routes.EnsureAsync(Declare(), Test);
        Assert.Equal("GatewayApiMissing", state.Reason);
        Assert.Contains("install the Gateway API", state.Message, StringComparison.Ordinal);
        Assert.Empty(Writes());
        await Eventually.IsSoAsync(() => _warnings.Told.Any(told => told.Contains("install the Gateway API", StringComparison.Ordinal)));

        _server.Heal();
        await routes.Synced.WaitAsync(TimeSpan.FromSeconds(30), Test);
        Assert.True((await routes.EnsureAsync(Declare(), Test)).IsReady);
        Assert.NotNull(_server.Store.Find(Kind, Name));
    }

    [Fact]
    public async Task Without_the_right_to_it_the_component_that_gives_it_is_named()
    {
        _server.Fail(request => request.Kind == Kind ? new FakeFault.Refused(403, "Forbidden", "httproutes is forbidden") : null);
        var state = await Start().EnsureAsync(Declare(), Test);
        Assert.False(state.IsReady);
        Assert.Contains("httproutes is forbidden: deploy/components/gateway", state.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_beyond_what_a_route_takes_are_left_out_and_that_is_said()
    {
        var state = await Start().EnsureAsync(Declare([.. Enumerable.Range(1, 17).Select(number => $"h{number}.example.org")]), Test);
        Assert.Equal(HttpRouteSpec.MaxHostnames, Hostnames().Length);
        Assert.Equal("hello.shop.example.com", Hostnames()[0]);
        Assert.False(state.IsReady);
        Assert.Contains("18 hosts", state.Message, StringComparison.Ordinal);
        Assert.Contains("'h16.example.org'", state.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_without_any_host_has_no_route()
    {
        var routes = Start(domain: null);
        await routes.EnsureAsync(Declare("hello.example.org"), Test);
        Assert.Equal(["hello.example.org"], Hostnames());
        await KnownAsync();
        Assert.True((await routes.EnsureAsync(Declare(), Test)).IsReady);
        Assert.Null(_server.Store.Find(Kind, Name));
    }

    [Fact]
    public async Task What_becomes_of_a_route_is_told_but_not_every_word_of_the_Gateway()
    {
        await Start().EnsureAsync(Declare(), Test);
        await Eventually.IsSoAsync(() => _changed.Count == 1);
        _server.Store.Patch(Kind, Name, Said("public", "infra", "True"));
        _server.Store.Patch(Kind, Name, new() { ["spec"] = new JsonObject { ["hostnames"] = new JsonArray("other.example.org") } });
        await Eventually.IsSoAsync(() => _changed.Count >= 3);
        _server.Store.Delete(Kind, Name);
        await Eventually.IsSoAsync(() => _changed.Count == 4);
        Assert.All(_changed, function => Assert.Equal(Hello, function));
    }

    [Fact]
    public async Task A_route_that_the_Gateway_refuses_is_not_ready_and_its_words_say_why()
    {
        var routes = Start();
        await routes.EnsureAsync(Declare(), Test);
        await Eventually.IsSoAsync(() => _changed.Count == 1);

        // Others' words, and those of what it was before, are no refusal.
        _server.Store.Patch(Kind, Name, Said("public", "elsewhere", "False"));
        _server.Store.Patch(Kind, Name, Said("public", "infra", "False", generation: 77));
        _server.Store.Patch(Kind, Name, Said("public", "infra", "False"));
        await Eventually.IsSoAsync(() => _changed.Count == 3);
        var state = await routes.EnsureAsync(Declare(), Test);
        Assert.Equal((false, "RouteNotAccepted"), (state.IsReady, state.Reason));
        Assert.Contains("the Gateway infra/public does not take the HTTPRoute 'podpool-system/shop.hello': no listener has that host", state.Message, StringComparison.Ordinal);

        _server.Store.Patch(Kind, Name, Said("public", "infra", "True"));
        await Eventually.IsSoAsync(() => _changed.Count == 5);
        Assert.True((await routes.EnsureAsync(Declare(), Test)).IsReady);
        Assert.Equal(["create"], Writes());
    }

    [Fact]
    public async Task The_role_of_the_component_gives_what_is_used_and_nothing_else()
    {
        var routes = Start();
        await routes.EnsureAsync(Declare(), Test);
        await KnownAsync();
        await routes.EnsureAsync(Declare("hello.example.org"), Test);
        await routes.RemoveAsync(Hello, Test);

        // One that the watch has not shown yet is looked for.
        await Eventually.IsSoAsync(() => !_routes!.Functions.Contains(Hello));
        _server.Fail(request => request.Kind == Kind && request.Verb == "create" ? new FakeFault.Refused(409, "AlreadyExists") : null, 1);
        await Assert.ThrowsAsync<ApiException>(() => routes.EnsureAsync(Declare(), Test));
        await Eventually.IsSoAsync(() => _server.Requests.Any(request => request.Kind == Kind && request.Verb == "watch"));

        var rule = Assert.Single(((YamlSequenceNode)SchemaFile.ReadMapping("components", "gateway", "role.yaml")["rules"]).Children);
        Assert.Equal([HttpRouteResource.KubeGroup], Texts(rule["apiGroups"]));
        Assert.Equal([HttpRouteResource.KubePluralName], Texts(rule["resources"]));
        Assert.Equal(_server.Requests.Where(request => request.Kind == Kind).Select(request => request.Verb).Distinct().Order(), Texts(rule["verbs"]).Order());
        Assert.All(_server.Requests.Where(request => request.Kind == Kind), request => Assert.Equal("podpool-system", request.Namespace));

        static IEnumerable<string> Texts(YamlNode node) => ((YamlSequenceNode)node).Children.Select(text => ((YamlScalarNode)text).Value!);
    }

    private static FakeKind ResourceOfFunctions => new(CustomResources.Group, CustomResources.Version, FunctionResource.KubePluralName);

    private FunctionRoutes Start(string? domain = "example.com")
    {
        var options = ManagerUnderTest.OptionsFor("/nowhere") with
        {
            Domain = domain,
            Kubernetes = new() { Namespace = "podpool-system", Identity = "a", Operators = "http://127.0.0.1:1", Gateway = "infra/public" },
        };
        _routes = new(_api, options, TimeProvider.System, _loggers);
        _routes.Changed += _changed.Enqueue;
        _ = _routes.RunAsync(_ending.Token);
        return _routes;
    }

    /// <summary>Returns when the watch has shown the route.</summary>
    /// <summary>What a Gateway says of the route.</summary>
    private static JsonObject Said(string gateway, string @namespace, string accepted, long? generation = null)
    {
        var condition = new JsonObject { ["type"] = "Accepted", ["status"] = accepted, ["reason"] = "NoMatchingListenerHostname", ["message"] = "no listener has that host" };
        if (generation is not null)
        {
            condition["observedGeneration"] = generation;
        }

        var parent = new JsonObject
        {
            ["parentRef"] = new JsonObject { ["name"] = gateway, ["namespace"] = @namespace }, ["controllerName"] = "example.org/gateway", ["conditions"] = new JsonArray(condition),
        };
        return new() { ["status"] = new JsonObject { ["parents"] = new JsonArray(parent) } };
    }

    private Task KnownAsync() => Eventually.IsSoAsync(() => _routes!.Functions.Contains(Hello));

    private static FunctionResource Declare(params string[] hosts) => new()
    {
        Metadata = new() { Name = Hello.Name, NamespaceProperty = Hello.Namespace },
        Spec = new() { Route = new() { Hosts = hosts } },
    };

    private FakeObject Foreign() => _server.Store.Create(new HttpRouteResource
    {
        Metadata = new() { Name = Name.Name, NamespaceProperty = Name.Namespace },
        Spec = new() { Hostnames = ["theirs.example.org"] },
    });

    private string[] Hostnames() => [.. _server.Store.Find(Kind, Name)!.ToNode()["spec"]!["hostnames"]!.AsArray().Select(host => (string)host!)];

    private string[] Writes() => [.. _server.Requests.Where(request => request.Kind == Kind && request.Verb is not ("get" or "list" or "watch")).Select(request => request.Verb)];

    /// <summary>What is told as a warning.</summary>
    private sealed class Warnings : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Told { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
            {
                Told.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
