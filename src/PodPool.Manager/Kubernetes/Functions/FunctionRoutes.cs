using k8s.Models;
using PodPool.Contracts;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>
/// An HTTPRoute of each function, by which the Gateway that the installation names leads the function's hosts to the router.
/// </summary>
/// <remarks>
/// All routes are beside the router, in the installation's namespace: so the Gateway need not be open to the namespaces of functions, nor the router's
/// Service to routes from there. A function cannot own what is in another namespace, so the routes of functions that are gone are removed here.
/// </remarks>
internal sealed class FunctionRoutes : FunctionExposure<HttpRouteResource>
{
    private const int RouterPort = 80;

    private readonly Resource<FunctionResource> _functions;
    private readonly KubernetesOptions _options;
    private readonly ObjectName _gateway;
    private readonly string? _domain;

    /// <param name="api">The cluster.</param>
    /// <param name="options">The domain of functions' own hosts; where the router is; a Gateway, which must be named.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Told of trouble.</param>
    public FunctionRoutes(KubernetesApi api, ManagerOptions options, TimeProvider time, ILoggerFactory loggers)
        : base(api, options.Kubernetes!.Namespace, time, loggers)
    {
        _functions = api.Resource<FunctionResource>();
        _options = options.Kubernetes;
        _gateway = _options.GatewayName ?? throw new ArgumentException("no Gateway is named", nameof(options));
        _domain = string.IsNullOrEmpty(options.Domain) ? null : options.Domain;
    }

    /// <inheritdoc/>
    public override string ConditionType => ConditionTypes.RouteReady;

    /// <inheritdoc/>
    public override IEnumerable<ObjectName> Functions => Known.All.Values.Select(FunctionOf).OfType<ObjectName>();

    /// <inheritdoc/>
    public override async Task RemoveAsync(ObjectName function, CancellationToken cancellationToken)
    {
        if (!Knows(function))
        {
            return;
        }

        try
        {
            // What the last leader made a route for, this one's watch may not have shown yet: the server knows.
            await _functions.GetAsync(function, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.NotFound)
        {
            await DeleteAsync(function, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override HttpRouteResource? ObjectOf(FunctionResource function)
    {
        // Without a host it would take all hosts of the Gateway.
        var name = ObjectName.Of(function);
        var hosts = HostsOf(function);
        return hosts.Count == 0 ? null : new()
        {
            Metadata = new()
            {
                Name = NameOf(name).Name,
                NamespaceProperty = _options.Namespace,
                Labels = new Dictionary<string, string> { [PodLabels.Function] = name.Name, [PodLabels.FunctionNamespace] = name.Namespace },
            },
            Spec = new()
            {
                ParentRefs = [new() { Name = _gateway.Name, Namespace = _gateway.Namespace }],
                Hostnames = [.. hosts.Take(HttpRouteSpec.MaxHostnames)],
                Rules = [new() { Matches = [new()], BackendRefs = [new() { Name = _options.RouterService, Port = RouterPort }] }],
            },
        };
    }

    /// <summary>Neither namespaces nor functions have dots in their names: no two functions get the same.</summary>
    protected override ObjectName NameOf(ObjectName function) => new(_options.Namespace, $"{function.Namespace}.{function.Name}");

    /// <inheritdoc/>
    protected override ObjectName? FunctionOf(HttpRouteResource subject)
        => subject.GetLabel(PodLabels.Function) is { } name && subject.GetLabel(PodLabels.FunctionNamespace) is { } @namespace && NameOf(new(@namespace, name)) == ObjectName.Of(subject)
            ? new(@namespace, name)
            : null;

    /// <inheritdoc/>
    protected override bool IsSame(HttpRouteResource known, HttpRouteResource wanted)
        => FunctionOf(known) == FunctionOf(wanted) && ApiJson.Write(known.Spec).AsSpan().SequenceEqual(ApiJson.Write(wanted.Spec));

    /// <summary>A Gateway may refuse a route in its status: it serves no such host, or not this namespace.</summary>
    protected override ExposureState? RefusalOf(HttpRouteResource known)
    {
        var refusing = from parent in known.Status?.Parents ?? []
                       where parent.ParentRef.Name == _gateway.Name && (parent.ParentRef.Namespace ?? known.Metadata.NamespaceProperty) == _gateway.Namespace
                       from condition in parent.Conditions
                       where condition is { Type: "Accepted" or "ResolvedRefs", Status: ResourceCondition.False }
                           && (condition.ObservedGeneration ?? known.Metadata.Generation) == known.Metadata.Generation
                       select condition;
        return refusing.FirstOrDefault() is { } refusal
            ? new(
                false, "RouteNotAccepted",
                $"the Gateway {_gateway} does not take the HTTPRoute '{ObjectName.Of(known)}': {(string.IsNullOrEmpty(refusal.Message) ? refusal.Reason : refusal.Message)} ({refusal.Type} is false)")
            : null;
    }

    /// <inheritdoc/>
    protected override ExposureState Made(FunctionResource function) => HostsOf(function) switch
    {
        [] => new(true, "NoHosts", "it has no host of its own: spec.route.hosts names none, and the installation has no domain"),
        { Count: > HttpRouteSpec.MaxHostnames } hosts => new(
            false, "TooManyHosts",
            $"it has {hosts.Count} hosts, and an HTTPRoute takes {HttpRouteSpec.MaxHostnames}: the Gateway {_gateway} does not lead '{hosts[HttpRouteSpec.MaxHostnames]}' and what follows it in spec.route.hosts "
            + "to the router. Name fewer, or make an HTTPRoute for the rest yourself"),
        var hosts => new(true, "RouteCreated", $"the Gateway {_gateway} is asked to lead {string.Join(", ", hosts)} to the router"),
    };

    /// <inheritdoc/>
    protected override ExposureState Taken(ObjectName name)
        => new(false, "RouteNotCreated", $"an HTTPRoute '{name}' is there already, and is not PodPool's: rename it, or remove it");

    /// <inheritdoc/>
    protected override ExposureState Lacking(ApiException exception) => exception.Failure switch
    {
        ApiFailure.NotFound => new(
            false, "GatewayApiMissing",
            $"--gateway names {_gateway}, but the cluster has no HTTPRoutes of {HttpRouteResource.KubeGroup}/{HttpRouteResource.KubeApiVersion}: install the Gateway API, version 1.0 or later, or leave --gateway out"),
        ApiFailure.Denied => new(false, "RouteNotCreated", $"{exception.Message}: deploy/components/gateway gives the manager the right to it"),
        _ => new(false, "RouteNotCreated", exception.Message),
    };

    private bool Knows(ObjectName function) => NameOf(function) is var name && Known.Find(name.Namespace, name.Name) is not null;

    /// <summary>The function's own first: it is never the one that has no place.</summary>
    private List<string> HostsOf(FunctionResource function)
    {
        IEnumerable<string> own = _domain is null ? [] : [$"{function.Metadata.Name}.{function.Metadata.NamespaceProperty}.{_domain}"];
        return [.. own.Concat(function.Spec.Route.Hosts).Distinct(StringComparer.Ordinal)];
    }
}
