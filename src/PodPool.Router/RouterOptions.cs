using System.ComponentModel.DataAnnotations;
using PodPool.Contracts.Wire;
using PodPool.Following;

namespace PodPool.Router;

/// <summary>How a router is set up. Checked when the router is built.</summary>
public sealed class RouterOptions
{
    /// <summary>Where the manager listens; or where several do, of which one leads and is followed.</summary>
    /// <value>
    /// <c>unix:/path</c>, <c>http://ip:port</c>, or <c>http://name:port</c>: a manager at every address of the DNS name, looked up again and
    /// again. Several are separated by commas. With <c>https</c>, which goes with <see cref="ManagerCertificate"/>, mutual TLS is spoken. Required.
    /// </value>
    [Required]
    public string Manager { get; set; } = "";

    /// <summary>
    /// The folder of the certificate that managers are called with: <c>tls.crt</c>, <c>tls.key</c>, and <c>ca.crt</c>: the authorities whose managers are believed.
    /// PEM. It is waited for; what changes there counts from the next connection on.
    /// </summary>
    /// <value>Required if every <see cref="Manager"/> is <c>https</c>, and only then. The default is null.</value>
    public string? ManagerCertificate { get; set; }

    /// <summary>Where callers come in: HTTP/1.1 and HTTP/2 without TLS on each.</summary>
    /// <value><c>http://ip:port</c> or <c>unix:/path</c>; port 0 takes a free one. The default is <c>http://127.0.0.1:8080</c>.</value>
    [MinLength(1)]
    public IReadOnlyList<string> Listen { get; set; } = ["http://127.0.0.1:8080"];

    /// <summary>The domains under which a function is called by host: <c>&lt;function&gt;.&lt;namespace&gt;.&lt;domain&gt;</c>.</summary>
    /// <value>The default is <c>localhost</c>. <c>&lt;function&gt;.&lt;namespace&gt;</c> alone always works.</value>
    public IReadOnlyList<string> Domains { get; set; } = ["localhost"];

    /// <summary>Where <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> are answered.</summary>
    /// <value><c>http://ip:port</c>; the default is null, nowhere.</value>
    public string? Health { get; set; }

    /// <summary>Where a line of JSON is written for each request that named a function; a file is appended to.</summary>
    /// <value>A path, or <c>-</c>: the standard output. The default is null, nowhere.</value>
    public string? AccessLog { get; set; }

    /// <summary>How many requests may be held for one function.</summary>
    /// <value>1 to 1,000,000; the default is 1,000.</value>
    [Range(1, 1_000_000)]
    public int HoldLimitPerFunction { get; set; } = 1_000;

    /// <summary>How many requests may be held in all.</summary>
    /// <value>1 to 1,000,000; the default is 10,000.</value>
    [Range(1, 1_000_000)]
    public int HoldLimit { get; set; } = 10_000;

    /// <summary>What held requests may keep in memory in all: their heads, and what of their bodies the server took in by itself.</summary>
    /// <value>Bytes, at least 64 KiB; the default is 256 MiB.</value>
    [Range(64L << 10, long.MaxValue)]
    public long HoldLimitBytes { get; set; } = 256L << 20;

    /// <summary>How long a request may be held.</summary>
    /// <value>Up to an hour; the default is 30 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan HoldTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How much of a body the server takes in before anybody reads it, a connection or stream.</summary>
    /// <value>Bytes, 64 KiB to 16 MiB; the default is 128 KiB.</value>
    [Range(64 << 10, 16 << 20)]
    public int BodyBuffer { get; set; } = 128 << 10;

    /// <summary>How long a pod may take to accept a connection.</summary>
    /// <value>The default is 2 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the manager is told a load that changed, when nobody waits. More that wait are told at once.</summary>
    /// <value>The default is 50 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// How long a router that is told to stop takes new requests as before: until all who send requests here have learnt that it ends. Then
    /// <see cref="ShutdownTime"/> begins.
    /// </summary>
    /// <value>The default is zero; on a cluster, some seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ShutdownDelay { get; set; } = TimeSpan.Zero;

    /// <summary>How long requests may go on when the router is stopped. What is held then is refused a second earlier.</summary>
    /// <value>The default is 25 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan ShutdownTime { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>What <see cref="Health"/> says; null: nothing.</summary>
    internal System.Net.IPEndPoint? HealthEndPoint => Health is null ? null : PodAddress.Parse(Health) as System.Net.IPEndPoint;

    /// <summary>What is said here of managers.</summary>
    internal ManagerSettings Managers => new(Manager, ManagerCertificate, ConnectTimeout);

    /// <summary>Checks everything.</summary>
    /// <exception cref="ValidationException">Something is outside what is allowed; the message says what, and what is.</exception>
    internal void Validate()
    {
        Validator.ValidateObject(this, new(this), validateAllProperties: true);
        Managers.Validate();
        foreach (var listen in Listen)
        {
            Check(nameof(Listen), () => PodAddress.Parse(listen));
        }

        if (Health is not null)
        {
            Check(nameof(Health), () => PodAddress.Parse(Health));
            if (HealthEndPoint is null)
            {
                throw new ValidationException($"{nameof(Health)}: '{Health}' is no http://ip:port");
            }
        }

        foreach (var domain in Domains)
        {
            if (Uri.CheckHostName(domain) != UriHostNameType.Dns)
            {
                throw new ValidationException($"{nameof(Domains)}: '{domain}' is no domain name; write it like 'localhost' or 'functions.example.com'");
            }
        }
    }

    private static void Check(string option, Func<object> parse)
    {
        try
        {
            _ = parse();
        }
        catch (FormatException exception)
        {
            throw new ValidationException($"{option}: {exception.Message}", exception);
        }
    }
}
