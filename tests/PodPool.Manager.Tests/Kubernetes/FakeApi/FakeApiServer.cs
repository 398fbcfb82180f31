using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>
/// A Kubernetes API server of any kinds of objects, on a real socket for the real client: lists in pages, watches with bookmarks,
/// merge patches, server-side apply (simplified), status and scale, preconditions, forwarded ports; and whatever shall go wrong. Everybody may do anything.
/// </summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<FakeRequest> _requests = new();
    private readonly ConcurrentDictionary<FakeWatch, bool> _watches = new();
    private readonly ConcurrentDictionary<FakeKind, (string Wanted, string Actual, string? Selector)> _scales = new();
    private readonly Lock _gate = new();
    private readonly List<(Func<FakeRequest, FakeFault?> Fault, int Left)> _faults = [];

    private FakeApiServer(WebApplication application, TimeProvider time)
    {
        _application = application;
        _time = time;
        Store = new(time);
    }

    /// <summary>Everything there is.</summary>
    public FakeStore Store { get; }

    /// <summary>What was asked so far.</summary>
    public IReadOnlyCollection<FakeRequest> Requests => _requests;

    /// <summary>The watches that are open.</summary>
    public IReadOnlyCollection<FakeWatch> Watches => [.. _watches.Keys];

    /// <summary>Whether a watch from too long ago is refused by an event in its stream, as a server with a cache does, or by status.</summary>
    public bool SaysGoneInStream { get; set; } = true;

    /// <summary>Makes what garbles the lines of a watch, for each that is opened from now on.</summary>
    public Func<Func<IReadOnlyList<string>, IEnumerable<string>>>? Garbler { get; set; }

    /// <summary>Where a port of a pod is, by name and port; null: nobody listens there.</summary>
    public Func<ObjectName, int, EndPoint?>? Forwards { get; set; }

    /// <summary>What the server answers that is no object, by its path.</summary>
    public ConcurrentDictionary<string, string> Texts { get; } = new();

    /// <summary>What it says to whoever asks for his rights: verb, group, resource and subresource.</summary>
    public Func<string, string, string, bool> Allows { get; set; } = (_, _, _) => true;

    /// <summary>Where it listens.</summary>
    public string Address => _application.Urls.Single();

    public static async Task<FakeApiServer> StartAsync(TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        application.UseWebSockets();
        var server = new FakeApiServer(application, time ?? TimeProvider.System);
        application.Run(server.HandleAsync);
        await application.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>A client of it.</summary>
    /// <param name="user">What its requests are told apart by.</param>
    public KubernetesApi Connect(string user = "test", KubernetesApiOptions? options = null, ApiMetrics? metrics = null)
        => new(new KubernetesClientConfiguration { Host = Address, AccessToken = user }, options ?? new(), metrics, _time, NullLogger<KubernetesApi>.Instance);

    /// <summary>Lets requests fail.</summary>
    /// <param name="fault">What shall become of a request; null: nothing bad.</param>
    /// <param name="times">How often at most.</param>
    public void Fail(Func<FakeRequest, FakeFault?> fault, int times = int.MaxValue)
    {
        lock (_gate)
        {
            _faults.Add((fault, times));
        }
    }

    /// <summary>Nothing more goes wrong, but with what is under way.</summary>
    public void Heal()
    {
        lock (_gate)
        {
            _faults.Clear();
        }
    }

    /// <summary>A kind that can be scaled: paths like <c>spec.size.warm</c>.</summary>
    public void Scales(FakeKind kind, string wanted, string actual, string? selector = null) => _scales[kind] = (wanted, actual, selector);

    /// <summary>All watches tell how far they are.</summary>
    public void Bookmark()
    {
        foreach (var watch in Watches)
        {
            watch.Bookmark();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        if (Texts.TryGetValue(context.Request.Path.Value!, out var text))
        {
            await WriteAsync(context, text);
            return;
        }

        if (FakeRequest.Of(context.Request) is not { } request)
        {
            context.Response.StatusCode = 404;
            return;
        }

        _requests.Enqueue(request);
        try
        {
            var fault = FaultOf(request);
            switch (fault)
            {
                case FakeFault.Refused refused:
                    context.Response.Headers.RetryAfter = refused.RetryAfter;
                    throw new FakeApiError(refused.Code, refused.Reason, refused.Message);
                case FakeFault.Dropped { IsDone: false }:
                    context.Abort();
                    return;
                case FakeFault.Held held:
                    await held.Until.WaitAsync(context.RequestAborted);
                    break;
                default:
                    break;
            }

            if (request.Below == "portforward")
            {
                Find(request);
                var port = int.Parse(request.Query["ports"].Single()!, CultureInfo.InvariantCulture);
                await FakeForward.ServeAsync(context, port, Forwards?.Invoke(request.ObjectName, port));
                return;
            }

            if (request.Verb == "watch")
            {
                await WatchAsync(context, request);
                return;
            }

            var answer = Answer(request, await BodyAsync(context.Request));
            switch (fault)
            {
                case FakeFault.Dropped:
                    context.Abort();
                    return;
                case FakeFault.AnswerHeld held:
                    await held.Until.WaitAsync(context.RequestAborted);
                    break;
                default:
                    break;
            }

            context.Response.StatusCode = request.Verb == "create" ? 201 : 200;
            await WriteAsync(context, answer);
        }
        catch (FakeApiError error)
        {
            context.Response.StatusCode = error.Code;
            await WriteAsync(context, error.Status.ToJsonString());
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left.
        }
    }

    private FakeFault? FaultOf(FakeRequest request)
    {
        lock (_gate)
        {
            for (var at = 0; at < _faults.Count; at++)
            {
                var (fault, left) = _faults[at];
                if (left > 0 && fault(request) is { } found)
                {
                    _faults[at] = (fault, left - 1);
                    return found;
                }
            }
        }

        return null;
    }

    private async Task WatchAsync(HttpContext context, FakeRequest request)
    {
        var from = long.TryParse(request.Query["resourceVersion"], out var version) ? version : 0;
        var startsWithAll = from == 0;
        if (!startsWithAll && !SaysGoneInStream)
        {
            Store.Since(from, request.Kind);
        }

        context.Response.ContentType = "application/json";
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        var watch = new FakeWatch(request, Store, _time) { Garble = Garbler?.Invoke() };
        _watches[watch] = true;
        try
        {
            await watch.ServeAsync(context, from, startsWithAll);
        }
        finally
        {
            _watches.TryRemove(watch, out _);
        }
    }

    private string Answer(FakeRequest request, JsonObject? body) => request.Verb switch
    {
        "list" => List(request),
        "get" when request.Below == "scale" => ScaleOf(request, Find(request)),
        "get" => Find(request).ToString(),
        "create" when request.Kind.Plural == "selfsubjectaccessreviews" => Review(body!),
        "create" => Store.Create(request.Kind, request.Namespace, body!).ToString(),
        "update" when request.Below == "scale" => Scale(request, body!),
        "update" when (string?)body!["metadata"]?["uid"] is { } uid && uid != Store.Find(request.Kind, request.ObjectName)?.Uid
            => throw FakeApiError.Conflict(request.Kind, request.Name!, $"Precondition failed: UID in precondition: {uid}"),
        "update" => Store.Update(request.Kind, request.ObjectName, PartOf(request), _ => body!).ToString(),
        "patch" when request.Below == "scale" => Scale(request, body!),
        "patch" when request.ContentType == "application/apply-patch+yaml"
            => Store.Apply(request.Kind, request.ObjectName, PartOf(request), body!, request.Query["fieldManager"].FirstOrDefault() ?? throw new FakeApiError(400, "BadRequest", "fieldManager is required for apply patch")).ToString(),
        "patch" when request.ContentType == "application/merge-patch+json" => Store.Patch(request.Kind, request.ObjectName, body!, PartOf(request)).ToString(),
        "patch" => throw new FakeApiError(415, "UnsupportedMediaType", $"the body of the request was in an unknown format: {request.ContentType}"),
        "delete" => Store.Delete(
            request.Kind, request.ObjectName, (string?)body?["preconditions"]?["uid"], body?["gracePeriodSeconds"]?.GetValue<long>()).ToString(),
        _ => throw new FakeApiError(405, "MethodNotAllowed", $"the server does not allow {request.Verb} on the requested resource"),
    };

    private string List(FakeRequest request)
    {
        var limit = int.TryParse(request.Query["limit"], out var asked) ? asked : 0;
        var (items, version, next) = Store.List(request.Kind, request.Selector, limit, request.Query["continue"].FirstOrDefault());

        // As the server does it: neither kind nor version with the items.
        var nodes = items.Select(JsonNode? (item) =>
        {
            var node = item.ToNode();
            node.Remove("kind");
            node.Remove("apiVersion");
            return node;
        });
        return new JsonObject
        {
            ["kind"] = "List",
            ["apiVersion"] = request.Kind.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["continue"] = next },
            ["items"] = new JsonArray([.. nodes]),
        }.ToJsonString();
    }

    private string Review(JsonObject body)
    {
        var asked = body["spec"]!["resourceAttributes"]!;
        var below = (string?)asked["subresource"];
        var isGiven = Allows((string)asked["verb"]!, (string?)asked["group"] ?? "", $"{(string)asked["resource"]!}{(string.IsNullOrEmpty(below) ? "" : "/" + below)}");
        body["status"] = new JsonObject { ["allowed"] = isGiven };
        return body.ToJsonString();
    }

    private FakeObject Find(FakeRequest request) => Store.Find(request.Kind, request.ObjectName) ?? throw FakeApiError.NotFound(request.Kind, request.Name!);

    private string Scale(FakeRequest request, JsonObject body)
    {
        var path = ScaleOf(request).Wanted.Split('.');
        var replicas = body["spec"]?["replicas"]?.GetValue<int>() ?? throw FakeApiError.Invalid(request.Kind, request.Name!, "spec.replicas: Required value");
        JsonNode patch = replicas;
        foreach (var name in path.Reverse())
        {
            patch = new JsonObject { [name] = patch };
        }

        return ScaleOf(request, Store.Patch(request.Kind, request.ObjectName, patch.AsObject(), FakePart.Main));
    }

    private string ScaleOf(FakeRequest request, FakeObject subject)
    {
        var (wanted, actual, selector) = ScaleOf(request);
        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = subject.Name, ["namespace"] = subject.Namespace, ["uid"] = subject.Uid, ["resourceVersion"] = subject.Text("metadata", "resourceVersion"),
            },
            ["spec"] = new JsonObject { ["replicas"] = int.Parse(subject.Text(wanted.Split('.')) ?? "0", CultureInfo.InvariantCulture) },
            ["status"] = new JsonObject
            {
                ["replicas"] = int.Parse(subject.Text(actual.Split('.')) ?? "0", CultureInfo.InvariantCulture),
                ["selector"] = selector is null ? null : subject.Text(selector.Split('.')),
            },
        }.ToJsonString();
    }

    private (string Wanted, string Actual, string? Selector) ScaleOf(FakeRequest request)
        => _scales.TryGetValue(request.Kind, out var scale) ? scale : throw FakeApiError.NotFound(request.Kind, $"{request.Name}/scale");

    private static FakePart PartOf(FakeRequest request) => request.Below == "status" ? FakePart.Status : FakePart.Main;

    private static async Task<JsonObject?> BodyAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        var text = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        return text.Length == 0 ? null : JsonNode.Parse(text)!.AsObject();
    }

    private static async Task WriteAsync(HttpContext context, string body)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body, context.RequestAborted);
    }
}
