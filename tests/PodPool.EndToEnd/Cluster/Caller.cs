using System.Net.Http.Json;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace PodPool.EndToEnd.Cluster;

/// <summary>A pod that calls from inside the cluster. It is started with the first call.</summary>
internal sealed class Caller(Installation installation, string @namespace)
{
    private const string Pod = "caller";

    /// <summary>As the runtime's image has it.</summary>
    private const string RuntimeConfiguration = """
        {"runtimeOptions":{"tfm":"net10.0","framework":{"name":"Microsoft.AspNetCore.App","version":"10.0.0"},"configProperties":{"System.GC.Server":false}}}
        """;

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private bool _started;

    /// <summary>The node it is on; null: any.</summary>
    public string? Node { get; set; }

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    /// <summary>Calls an address.</summary>
    public async Task<Answer> GetAsync(string url, params (string Name, string Value)[] headers)
        => await CallAsync(url, "GET", body: null, headers);

    public async Task<Answer> CallAsync(string url, string method, string? body, params (string Name, string Value)[] headers)
        => await AskAsync<Answer>(HttpMethod.Post, "call", new { url, method, body, headers = headers.ToDictionary(header => header.Name, header => header.Value) });

    /// <summary>Tries to open a connection; null: somebody listens there.</summary>
    public async Task<string?> DialAsync(string host, int port)
        => await AskAsync<string?>(HttpMethod.Post, "dial", new { host, port });

    /// <summary>Starts calling functions of the namespace, on and on.</summary>
    /// <param name="functions">Each caller calls them in turn.</param>
    /// <param name="callers">Requests at once.</param>
    /// <param name="pause">Of a caller between an answer and the next request.</param>
    /// <param name="requests">Of each caller; zero: until the end.</param>
    /// <param name="query">Of each request.</param>
    /// <param name="delay">Milliseconds before the first request: for what is to happen when nobody can say so.</param>
    public async Task<Load> LoadAsync(IEnumerable<string> functions, int callers, int pause = 50, int requests = 0, string query = "", int delay = 0)
    {
        var targets = functions.Select(name => new { url = $"http://{installation.RouterAddress}/{@namespace}/{name}/{query}", function = $"{@namespace}/{name}" });
        var started = await AskAsync<LoadCount>(HttpMethod.Post, "loads", new { targets, callers, pauseMilliseconds = pause, requests, delayMilliseconds = delay });
        return new(this, started.Id);
    }

    /// <summary>Asks the pod, through the API server.</summary>
    public async Task<T> AskAsync<T>(HttpMethod method, string path, object? body = null)
    {
        if (!_started)
        {
            await StartAsync();
            _started = true;
        }

        var client = installation.Client;
        using var request = new HttpRequestMessage(method, new Uri(client.BaseUri, $"api/v1/namespaces/{@namespace}/pods/{Pod}:8080/proxy/{path}")) { Content = body is null ? null : JsonContent.Create(body, options: Web) };

        // As HTTP/1.1 with a length: what lies between the server and the pod is not always good with bodies of unknown length.
        await (request.Content?.LoadIntoBufferAsync(Test) ?? Task.CompletedTask);
        if (client.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, Test);
        }

        using var answer = await client.HttpClient.SendAsync(request, Test);
        var text = await answer.Content.ReadAsStringAsync(Test);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path} was answered with {answer.StatusCode}: {text}");
        return text.Length == 0 ? default! : JsonSerializer.Deserialize<T>(text, Web)!;
    }

    private async Task StartAsync()
    {
        await installation.Client.CoreV1.CreateNamespacedConfigMapAsync(
            new()
            {
                Metadata = new() { Name = Pod },
                BinaryData = new Dictionary<string, byte[]> { ["Caller.dll"] = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "PodPool.EndToEnd.Caller.dll"), Test) },
                Data = new Dictionary<string, string> { ["Caller.runtimeconfig.json"] = RuntimeConfiguration },
            },
            @namespace,
            cancellationToken: Test);
        await installation.Client.CoreV1.CreateNamespacedPodAsync(
            new()
            {
                Metadata = new() { Name = Pod },
                Spec = new()
                {
                    NodeName = Node,
                    AutomountServiceAccountToken = false,
                    EnableServiceLinks = false,
                    TerminationGracePeriodSeconds = 1,
                    Containers =
                    [
                        new()
                        {
                            Name = Pod,
                            Image = installation.RuntimeImage,
                            ImagePullPolicy = "IfNotPresent",
                            Command = ["dotnet", "/caller/Caller.dll"],
                            Env = [new() { Name = "ASPNETCORE_URLS", Value = "http://0.0.0.0:8080" }],
                            VolumeMounts = [new() { Name = "program", MountPath = "/caller" }],
                            ReadinessProbe = new() { HttpGet = new() { Path = "/", Port = 8080 }, PeriodSeconds = 1 },
                        },
                    ],
                    Volumes = [new() { Name = "program", ConfigMap = new() { Name = Pod } }],
                },
            },
            @namespace,
            cancellationToken: Test);
        await Eventually.IsSoAsync(async () =>
        {
            var pod = await installation.Client.CoreV1.ReadNamespacedPodAsync(Pod, @namespace, cancellationToken: Test);
            return pod.Status.ContainerStatuses?.Any(status => status.Ready) == true ? null : $"the caller is not ready: {pod.Status.Phase}, {pod.Status.ContainerStatuses?.FirstOrDefault()?.State?.Waiting?.Message}";
        });
    }
}

/// <summary>What came back.</summary>
/// <param name="Status">Zero: no answer came, and the body says why.</param>
internal sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, string Body, double Milliseconds)
{
    public JsonElement Json() => JsonSerializer.Deserialize<JsonElement>(Body);

    /// <summary>How the request found its instance.</summary>
    public string? Start => Headers.GetValueOrDefault("x-podpool-start");

    public Answer Succeeded()
    {
        Assert.True(Status is >= 200 and < 300, $"{Status}: {Body}");
        return this;
    }
}
