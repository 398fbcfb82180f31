using System.Security.Cryptography;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace PodPool.EndToEnd.Cluster;

/// <summary>A namespace with functions, for one class of tests, and a pod in it that calls them. What is in it goes with it.</summary>
public sealed class TestNamespace(Installation installation) : IAsyncLifetime
{
    private readonly Dictionary<string, string> _images = [];

    internal Installation Installation { get; } = installation;

    internal string Name { get; } = "e2e-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    internal Caller Caller { get; private set; } = null!;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (Settings.WhyNot is null)
        {
            await Installation.Client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = Name } }, cancellationToken: Test);
            Caller = new(Installation, Name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Settings.WhyNot is null)
        {
            await Command.KubectlAsync("delete", "namespace", Name, "--timeout=180s");
        }
    }

    /// <summary>Deploys a sample, and waits until it can be called.</summary>
    internal Task DeploySampleAsync(string sample, string name, Action<JsonObject>? change = null)
        => DeployAsync(name, sample, FilesOf(Path.Combine(AppContext.BaseDirectory, "samples", sample)), change);

    /// <summary>Deploys a function that says its name, the version and the token it was given, and its pod; and waits until it can be called.</summary>
    internal Task DeployEchoAsync(string name, string version = "1", Action<JsonObject>? change = null) => DeployAsync(name, "echo", EchoFiles, spec =>
    {
        spec["env"] = new JsonArray(Variable("FUNCTION", $"{Name}/{name}"), Variable("VERSION", version));
        change?.Invoke(spec);
    });

    /// <summary>As <see cref="DeployEchoAsync"/>, for many at once.</summary>
    internal async Task<IReadOnlyList<string>> DeployEchoesAsync(string prefix, int count, Action<JsonObject>? change = null)
    {
        var names = Enumerable.Range(1, count).Select(number => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{prefix}-{number}")).ToList();
        await ImageAsync("echo", EchoFiles);
        await Task.WhenAll(names.Select(name => DeployEchoAsync(name, change: change)));
        return names;
    }

    /// <summary>Declares a function; returns at once.</summary>
    internal async Task DeclareAsync(string name, string sample, IReadOnlyDictionary<string, byte[]> files, Action<JsonObject>? change = null)
    {
        var spec = new JsonObject { ["package"] = new JsonObject { ["image"] = await ImageAsync(sample, files) } };
        change?.Invoke(spec);
        await Command.ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "podpool.dev/v1alpha1",
            ["kind"] = "Function",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Name },
            ["spec"] = spec,
        }.ToJsonString());
    }

    internal static IReadOnlyDictionary<string, byte[]> EchoFiles { get; } = new Dictionary<string, byte[]>
    {
        ["PodPool.EndToEnd.Echo.dll"] = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "PodPool.EndToEnd.Echo.dll")),
    };

    internal static JsonObject Variable(string name, string value) => new() { ["name"] = name, ["value"] = value };

    /// <summary>Waits until the function says of itself that it can be called, as it is declared now.</summary>
    internal Task ReadyAsync(string name) => Eventually.IsSoAsync(async () =>
    {
        var read = await Installation.FunctionAsync(Name, name);
        var ready = Installation.ConditionOf(read, "Ready");
        var isOfNow = (long?)read["status"]?["observedGeneration"] == (long)read["metadata"]!["generation"]!;
        return isOfNow && (string?)ready?["status"] == "True" ? null : $"'{name}' is not ready: {read["status"]?.ToJsonString()}";
    });

    /// <summary>The address of a function, by path.</summary>
    internal string UrlOf(string function, string rest = "") => $"http://{Installation.RouterAddress}/{Name}/{function}{rest}";

    /// <summary>What a function's pods are.</summary>
    internal Task<IReadOnlyList<V1Pod>> InstancesAsync(string function) => Installation.InstancesAsync(Name, function);

    /// <summary>The only pod that is a function's, as soon as its labels say so: they are written beside the transfer, so the first answer may be there before them.</summary>
    internal async Task<V1Pod> InstanceAsync(string function)
    {
        IReadOnlyList<V1Pod> seen = [];
        await Eventually.IsSoAsync(async () => (seen = await InstancesAsync(function)).Count > 0 ? null : $"no pod is said to be an instance of '{function}'");
        return Assert.Single(seen);
    }

    private async Task DeployAsync(string name, string sample, IReadOnlyDictionary<string, byte[]> files, Action<JsonObject>? change)
    {
        await DeclareAsync(name, sample, files, change);
        await ReadyAsync(name);
    }

    private async Task<string> ImageAsync(string sample, IReadOnlyDictionary<string, byte[]> files)
    {
        if (!_images.TryGetValue(sample, out var image))
        {
            _images[sample] = image = await Installation.Registry.PushAsync($"e2e/{sample.ToLowerInvariant()}", files);
        }

        return image;
    }

    private static Dictionary<string, byte[]> FilesOf(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'), File.ReadAllBytes);
}
