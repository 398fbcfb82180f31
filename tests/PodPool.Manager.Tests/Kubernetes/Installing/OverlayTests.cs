using System.ComponentModel;
using System.Diagnostics;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Tests.Kubernetes.Resources;
using PodPool.Manager.Tests.Peers;
using YamlDotNet.RepresentationModel;

namespace PodPool.Manager.Tests.Kubernetes.Installing;

/// <summary>What <c>kubectl apply -k</c> would apply, where there is a <c>kubectl</c>.</summary>
public sealed class OverlayTests
{
    private static readonly string Deploy = Path.Combine(SchemaFile.RepositoryFolder(), "deploy");

    [Theory]
    [InlineData("default")]
    [InlineData("local")]
    public async Task With_the_gateway_component_and_one_setting_the_manager_and_the_common_route_name_the_Gateway(string overlay)
    {
        var objects = await RenderAsync(overlay, ["components/gateway"], "gateway=infra/public");

        var manager = Find(objects, "Deployment", "podpool-manager");
        Assert.Equal("$(GATEWAY)", Value(manager, "--gateway"));
        var container = manager["spec"]["template"]["spec"]["containers"][0];
        var variable = ((YamlSequenceNode)container["env"]).Children.Single(one => Text(one["name"]) == "GATEWAY")["valueFrom"]["configMapKeyRef"];
        Assert.Equal("infra/public", Text(Find(objects, "ConfigMap", Text(variable["name"]))["data"][Text(variable["key"])]));

        var route = Find(objects, "HTTPRoute", "podpool-paths");
        var parent = route["spec"]["parentRefs"][0];
        Assert.Equal(("infra", "public"), (Text(parent["namespace"]), Text(parent["name"])));
        Assert.False(((YamlMappingNode)route["spec"]).Children.ContainsKey("hostnames"));
        var backend = route["spec"]["rules"][0]["backendRefs"][0];
        var service = Find(objects, "Service", Text(backend["name"]));
        Assert.Equal(Text(service["metadata"]["namespace"]), Text(route["metadata"]["namespace"]));
        Assert.Equal(Text(service["spec"]["ports"][0]["port"]), Text(backend["port"]));
    }

    [Fact]
    public async Task Without_the_component_no_role_speaks_of_routes_and_the_manager_names_no_Gateway()
    {
        var objects = await RenderAsync("all-namespaces", []);
        Assert.DoesNotContain(objects.SelectMany(SchemaFile.Nodes), node => node is YamlScalarNode { Value: "httproutes" or "--gateway" });
    }

    [Fact]
    public async Task The_console_is_on_the_loopback_of_the_managers_pod_and_no_port_of_it_is_declared()
    {
        var manager = Find(await RenderAsync("default", []), "Deployment", "podpool-manager");
        var console = new Uri(Value(manager, "--console"));
        Assert.True(console.IsLoopback);
        Assert.DoesNotContain(SchemaFile.Nodes(manager), node => node is YamlMappingNode map && map.Children.TryGetValue("containerPort", out var port) && Text(port) == $"{console.Port}");
    }

    [Fact]
    public async Task Managers_are_reached_over_TLS_and_routers_alone_mount_the_certificate_for_it()
    {
        var objects = await RenderAsync("default", []);

        var manager = Find(objects, "Deployment", "podpool-manager");
        var listen = new Uri(Value(manager, "--listen"));
        var service = Find(objects, "Service", "podpool-managers");
        Assert.Equal(("https", "0.0.0.0"), (listen.Scheme, listen.Host));
        Assert.Equal(Text(service["spec"]["ports"][0]["port"]), $"{listen.Port}");

        var router = Find(objects, "Deployment", "podpool-router");
        Assert.Equal($"https://podpool-managers.{Text(service["metadata"]["namespace"])}.svc:{listen.Port}", Value(router, "--manager"));
        var volume = ((YamlSequenceNode)router["spec"]["template"]["spec"]["volumes"]).Children.Single(one => ((YamlMappingNode)one).Children.ContainsKey("secret"));
        Assert.Equal(PeerSecrets.Router, Text(volume["secret"]["secretName"]));

        // An optional one that comes later reaches a router that runs only with the kubelet's next round.
        Assert.False(((YamlMappingNode)volume["secret"]).Children.ContainsKey("optional"));
        var mount = ((YamlSequenceNode)router["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]).Children.Single(one => Text(one["name"]) == Text(volume["name"]));
        Assert.Equal(Value(router, "--manager-certificate"), Text(mount["mountPath"]));
        Assert.Single(objects.SelectMany(SchemaFile.Nodes), node => node is YamlMappingNode map && map.Children.TryGetValue("secretName", out var secret) && Text(secret) == PeerSecrets.Router);

        var rules = ((YamlSequenceNode)Find(objects, "Role", "podpool-manager")["rules"]).Children.OfType<YamlMappingNode>();
        var rule = rules.Single(one => one.Children.TryGetValue("resourceNames", out var names) && Texts(names).Contains(PeerSecrets.Router));
        Assert.Equal(["patch"], Texts(rule["verbs"]));
    }

    [Theory]
    [InlineData("default", new[] { "components/dapr" }, "http://$(PODPOOL_DAPR_SERVICE_HOST):3500")]
    [InlineData("local", new[] { "components/dapr", "components/dapr-host-network" }, "http://$(HOST_IP):3500")]
    public async Task With_the_Dapr_component_every_node_has_a_door_that_instances_reach_and_daprd_that_nobody_else_does(string overlay, string[] components, string endpoint)
    {
        var objects = await RenderAsync(overlay, components, "domain=localhost");

        var dapr = Find(objects, "DaemonSet", "podpool-dapr");
        Assert.Equal(endpoint, Value(dapr, "--endpoint"));
        Assert.Equal(Value(Find(objects, "Deployment", "podpool-router"), "--manager"), Value(dapr, "--manager"));
        var pod = dapr["spec"]["template"]["spec"];
        Assert.Contains(((YamlSequenceNode)pod["volumes"]).Children, volume => ((YamlMappingNode)volume).Children.TryGetValue("secret", out var secret) && Text(secret["secretName"]) == PeerSecrets.Door);
        var daprd = Texts(pod["containers"][1]["args"]).ToList();
        Assert.Equal("127.0.0.1", daprd[daprd.IndexOf("--dapr-listen-addresses") + 1]);
        Assert.Equal(Value(dapr, "--daprd-http"), $"http://127.0.0.1:{daprd[daprd.IndexOf("--dapr-http-port") + 1]}");
        Assert.Equal(Value(dapr, "--daprd-grpc"), $"http://127.0.0.1:{daprd[daprd.IndexOf("--dapr-grpc-port") + 1]}");
        Assert.Equal(Value(dapr, "--app"), $"http://127.0.0.1:{daprd[daprd.IndexOf("--app-port") + 1]}");

        if (components.Length == 1)
        {
            var service = Find(objects, "Service", "podpool-dapr");
            Assert.Equal("Local", Text(service["spec"]["internalTrafficPolicy"]));
            Assert.EndsWith($":{Text(service["spec"]["ports"][0]["port"])}", endpoint, StringComparison.Ordinal);
        }
        else
        {
            Assert.DoesNotContain(objects.SelectMany(SchemaFile.Nodes), node => node is YamlScalarNode { Value: "internalTrafficPolicy" });
        }

        Assert.Contains(
            ((YamlSequenceNode)Find(objects, "Role", "podpool-manager")["rules"]).Children.OfType<YamlMappingNode>(),
            rule => rule.Children.TryGetValue("resourceNames", out var names) && Texts(names).Contains(PeerSecrets.Door));
    }

    [Fact]
    public async Task Another_trust_domains_Dapr_shares_nothing_with_the_first_but_the_certificate_to_managers()
    {
        var first = await RenderAsync("default", ["components/dapr"], "domain=localhost");
        var second = Read(await KustomizeAsync(Path.Combine(Deploy, "trust-domain")));

        var (ours, theirs) = (Find(first, "DaemonSet", "podpool-dapr"), Find(second, "DaemonSet", "podpool-dapr-acme"));
        Assert.Equal(("default", "acme"), (Value(ours, "--trust-domain"), Value(theirs, "--trust-domain")));
        var endpoint = Value(theirs, "--endpoint");
        var service = Find(second, "Service", "podpool-dapr-acme");
        Assert.Equal($"http://$({Text(service["metadata"]["name"]).Replace('-', '_').ToUpperInvariant()}_SERVICE_HOST):3500", endpoint);

        // What selects the pods of one selects none of the other.
        foreach (var selector in (YamlNode[])[theirs["spec"]["selector"]["matchLabels"], service["spec"]["selector"], Find(second, "NetworkPolicy", "podpool-dapr-acme")["spec"]["podSelector"]["matchLabels"]])
        {
            var labels = ((YamlMappingNode)selector).Children.ToDictionary(label => Text(label.Key), label => Text(label.Value));
            Assert.True(Selects(labels, theirs) && !Selects(labels, ours));
        }

        foreach (var daemon in (YamlNode[])[ours, theirs])
        {
            Assert.True(Selects(((YamlMappingNode)daemon["spec"]["selector"]["matchLabels"]).Children.ToDictionary(label => Text(label.Key), label => Text(label.Value)), daemon));
        }

        // The sidecars are two applications to Dapr, and have no component in common.
        Assert.NotEqual(AppId(ours), AppId(theirs));
        Assert.Empty(Components(ours).Intersect(Components(theirs)));

        static bool Selects(Dictionary<string, string> labels, YamlNode daemon)
            => labels.All(label => ((YamlMappingNode)daemon["spec"]["template"]["metadata"]["labels"]).Children.TryGetValue(label.Key, out var value) && Text(value) == label.Value);

        static string AppId(YamlNode daemon)
        {
            var daprd = Texts(daemon["spec"]["template"]["spec"]["containers"][1]["args"]).ToList();
            return daprd[daprd.IndexOf("--app-id") + 1];
        }

        static IEnumerable<string> Components(YamlNode daemon) => ((YamlSequenceNode)daemon["spec"]["template"]["spec"]["volumes"]).Children.OfType<YamlMappingNode>()
            .Where(volume => volume.Children.ContainsKey("projected"))
            .SelectMany(volume => ((YamlSequenceNode)volume["projected"]["sources"]).Children.OfType<YamlMappingNode>())
            .Select(source => $"{source.Children.Single().Key} {Text(source.Children.Single().Value["name"])}");
    }

    /// <summary>From a folder outside, as the instructions tell operators to do it.</summary>
    private static async Task<IReadOnlyList<YamlNode>> RenderAsync(string overlay, string[] components, params string[] settings)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "kustomization.yaml"),
            $"""
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources: [{From(Path.Combine("overlays", overlay))}]
            components: [{string.Join(", ", components.Select(From))}]
            configMapGenerator:
              - name: podpool-settings
                namespace: podpool-system
                behavior: merge
                literals: [{string.Join(", ", settings)}]
            """,
            TestContext.Current.CancellationToken);
        return Read(await KustomizeAsync(folder.Path));

        // Kustomize takes no absolute paths.
        string From(string below) => Path.GetRelativePath(folder.Path, Path.Combine(Deploy, below));
    }

    private static IReadOnlyList<YamlNode> Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    private static async Task<string> KustomizeAsync(string folder)
    {
        var start = new ProcessStartInfo("kubectl", ["kustomize", folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("there is no kubectl");
            throw;
        }

        using (process)
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, await error);
            return await output;
        }
    }

    private static YamlNode Find(IEnumerable<YamlNode> objects, string kind, string name)
        => objects.Single(one => Text(one["kind"]) == kind && Text(one["metadata"]["name"]) == name);

    /// <summary>Of an argument of a Deployment's first container.</summary>
    private static string Value(YamlNode deployment, string argument)
    {
        var args = Texts(deployment["spec"]["template"]["spec"]["containers"][0]["args"]).ToArray();
        return args[Array.IndexOf(args, argument) + 1];
    }

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static IEnumerable<string> Texts(YamlNode node) => ((YamlSequenceNode)node).Children.Select(Text);
}
