using System.ComponentModel.DataAnnotations;
using System.Net;
using PodPool.Contracts.Wire;
using PodPool.DaprProxy.Grpc;
using PodPool.Following;

namespace PodPool.DaprProxy;

/// <summary>How a node's door to Dapr is set up. Checked when the door is built.</summary>
public sealed class DoorOptions
{
    private const string Shutdown = "Shutdown";

    /// <summary>Where the manager listens; or where several do, of which one leads and is followed.</summary>
    /// <value>
    /// <c>unix:/path</c>, <c>http://ip:port</c>, or <c>http://name:port</c>: a manager at every address of the DNS name. Several are separated by commas.
    /// With <c>https</c>, which goes with <see cref="ManagerCertificate"/>, mutual TLS is spoken. Required.
    /// </value>
    [Required]
    public string Manager { get; set; } = "";

    /// <summary>The folder of the certificate that managers are called with: <c>tls.crt</c>, <c>tls.key</c>, <c>ca.crt</c>. It is waited for.</summary>
    /// <value>Required if every <see cref="Manager"/> is <c>https</c>, and only then. The default is null.</value>
    public string? ManagerCertificate { get; set; }

    /// <summary>The node whose instances come in here, as the manager names it.</summary>
    /// <value>The default is this machine's name.</value>
    [Required]
    public string Node { get; set; } = Environment.MachineName;

    /// <summary>Whose instances come in here: those of pools of this trust domain. Two doors of one node are of two.</summary>
    /// <value>A DNS label; the default is <c>default</c>.</value>
    [Required]
    [RegularExpression("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")]
    public string TrustDomain { get; set; } = "default";

    /// <summary>Where instances come in: Dapr's HTTP API and its gRPC API on each.</summary>
    /// <value><c>http://ip:port</c>. The default is <c>http://127.0.0.1:3500</c>.</value>
    [MinLength(1)]
    public IReadOnlyList<string> Listen { get; set; } = ["http://127.0.0.1:3500"];

    /// <summary>What instances are told to call. The same after a restart of the door: they are told once.</summary>
    /// <value><c>http://host:port</c>. The default is null: the first of <see cref="Listen"/>.</value>
    public string? Endpoint { get; set; }

    /// <summary>daprd's HTTP API.</summary>
    /// <value><c>http://host:port</c>. The default is <c>http://127.0.0.1:3501</c>.</value>
    [Required]
    public Uri DaprdHttp { get; set; } = new("http://127.0.0.1:3501");

    /// <summary>daprd's gRPC API.</summary>
    /// <value><c>http://host:port</c>. The default is <c>http://127.0.0.1:50001</c>.</value>
    [Required]
    public Uri DaprdGrpc { get; set; } = new("http://127.0.0.1:50001");

    /// <summary>The token that daprd wants of its callers.</summary>
    /// <value>The default is null: none.</value>
    public string? DaprdToken { get; set; }

    /// <summary>The router, for calls of functions.</summary>
    /// <value><c>http://host:port</c>. The default is <c>http://127.0.0.1:8080</c>.</value>
    [Required]
    public Uri Router { get; set; } = new("http://127.0.0.1:8080");

    /// <summary>
    /// Methods of Dapr's gRPC API that the door does not know and lets through, unread, for every function that uses Dapr. Whether they could reach what is
    /// another function's, the door cannot see.
    /// </summary>
    /// <value>Names as the service <c>dapr.proto.runtime.v1.Dapr</c> has them. The default is none.</value>
    public IReadOnlyList<string> PassMethods { get; set; } = [];

    /// <summary>How many calls one function may have under way, on this node.</summary>
    /// <value>1 to 1,000,000; the default is 100.</value>
    [Range(1, 1_000_000)]
    public int CallsPerFunction { get; set; } = 100;

    /// <summary>How many events one function may be given at once, from this node.</summary>
    /// <value>1 to 1,000,000; the default is 50.</value>
    [Range(1, 1_000_000)]
    public int EventsPerFunction { get; set; } = 50;

    /// <summary>Where daprd finds its application, which the door is to it.</summary>
    /// <value><c>http://ip:port</c>, of the loopback. The default is null: nowhere, and input bindings bring nothing.</value>
    public string? App { get; set; }

    /// <summary>The token that daprd shows there.</summary>
    /// <value>The default is null: none is wanted.</value>
    public string? AppToken { get; set; }

    /// <summary>How long a body may be that the door has to read: what names keys, and every message of gRPC. daprd's own limit is to be as much.</summary>
    /// <value>Bytes, 1 KiB to 1 GiB; the default is 4 MiB, as daprd's is.</value>
    [Range(1 << 10, 1 << 30)]
    public int MaxBody { get; set; } = 4 << 20;

    /// <summary>Where <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> are answered.</summary>
    /// <value><c>http://ip:port</c>; the default is null, nowhere.</value>
    public string? Health { get; set; }

    /// <summary>What <see cref="Health"/> says; null: nothing.</summary>
    internal IPEndPoint? HealthEndPoint => Health is null ? null : PodAddress.Parse(Health) as IPEndPoint;

    /// <summary>What <see cref="App"/> says; null: nothing.</summary>
    internal IPEndPoint? AppEndPoint => App is null ? null : PodAddress.Parse(App) as IPEndPoint;

    /// <summary>What instances are told to call.</summary>
    internal string EndpointForInstances => (Endpoint ?? Listen[0]).TrimEnd('/');

    /// <summary>What is said here of managers.</summary>
    internal ManagerSettings Managers => new(Manager, ManagerCertificate, TimeSpan.FromSeconds(2));

    /// <summary>Checks everything.</summary>
    /// <exception cref="ValidationException">Something is outside what is allowed; the message says what, and what is.</exception>
    internal void Validate()
    {
        Validator.ValidateObject(this, new(this), validateAllProperties: true);
        Managers.Validate();
        foreach (var listen in Listen)
        {
            RequireIp(nameof(Listen), listen);
        }

        foreach (var method in PassMethods)
        {
            RequirePassable(method);
        }

        if (App is not null)
        {
            RequireIp(nameof(App), App);
        }

        if (Health is not null)
        {
            RequireIp(nameof(Health), Health);
        }

        RequireHttp(nameof(DaprdHttp), DaprdHttp.OriginalString);
        RequireHttp(nameof(DaprdGrpc), DaprdGrpc.OriginalString);
        RequireHttp(nameof(Router), Router.OriginalString);
        var endpoint = RequireHttp(nameof(Endpoint), EndpointForInstances);
        if (endpoint.Port == 0 || IPAddress.TryParse(endpoint.Host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
        {
            throw new ValidationException($"{nameof(Endpoint)}: '{EndpointForInstances}' is nothing that an instance could call: name the host and port by which instances reach {nameof(Listen)}");
        }
    }

    private static void RequirePassable(string method)
    {
        if (method.Length is 0 or > 64 || !method.All(char.IsAsciiLetterOrDigit))
        {
            throw new ValidationException($"{nameof(PassMethods)}: '{method}' is no name of a method");
        }

        if (method == Shutdown || DaprMethods.Knows(method))
        {
            throw new ValidationException(
                $"{nameof(PassMethods)}: {method} cannot be passed unread: {(method == Shutdown ? "it would end the sidecar of all functions" : "the door knows it, and functions name in spec.dapr what they use of it")}");
        }
    }

    private static void RequireIp(string option, string address)
    {
        try
        {
            if (PodAddress.Parse(address) is IPEndPoint)
            {
                return;
            }
        }
        catch (FormatException exception)
        {
            throw new ValidationException($"{option}: {exception.Message}", exception);
        }

        throw new ValidationException($"{option}: '{address}' is no http://ip:port");
    }

    private static Uri RequireHttp(string option, string text)
        => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "http", AbsolutePath: "/" } ? uri : throw new ValidationException($"{option}: '{text}' is no http://host:port");
}
