using System.ComponentModel.DataAnnotations;

namespace PodPool.Manager.Packages;

/// <summary>How packages are fetched and pushed.</summary>
internal sealed record PackageSourceOptions
{
    /// <summary>Hosts that are spoken to without TLS.</summary>
    /// <value>Default: none. Each as it stands in a reference: <c>host</c> or <c>host:port</c>.</value>
    public IReadOnlyCollection<string> InsecureHosts { get; init; } = [];

    /// <summary>Certificate authorities that are trusted beside the system's.</summary>
    /// <value>Default: none. A file of PEM certificates.</value>
    public string? AuthorityFile { get; init; }

    /// <summary>How long a connection may take, TLS included.</summary>
    /// <value>Default: 10 s. 100 ms to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a server may take to begin an answer, and to send the next bytes of one.</summary>
    /// <value>Default: 30 s. 100 ms to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one request may take as a whole: so that a server that drips ends.</summary>
    /// <value>Default: 15 min. 1 s to 1 day.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan TransferTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often a request is made that fails for a transient reason.</summary>
    /// <value>Default: 4. 1 to 20.</value>
    [Range(1, 20)]
    public int Attempts { get; init; } = 4;

    /// <summary>The wait before the second attempt; it doubles with each, and a random half of it is left out.</summary>
    /// <value>Default: 500 ms. 1 ms to 1 min.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan BackOff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait. A server that asks for more (<c>Retry-After</c>) is not asked again: whoever wants the package comes back later.</summary>
    /// <value>Default: 30 s. 1 ms to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Files that are on their way at once, over all packages.</summary>
    /// <value>Default: 8. 1 to 100.</value>
    [Range(1, 100)]
    public int Transfers { get; init; } = 8;

    /// <summary>A file that is larger is pushed in pieces of this size.</summary>
    /// <value>Default: 16 MiB, in bytes. 64 KiB to 512 MiB.</value>
    [Range(64 << 10, 512 << 20)]
    public int UploadChunk { get; init; } = 16 << 20;

    /// <summary>Checks everything.</summary>
    /// <exception cref="ManagerOptionsException">Names every option that is not as it must be.</exception>
    public void Validate()
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        var problems = results.Select(result => result.ErrorMessage!).ToList();
        problems.AddRange(InsecureHosts
            .Where(host => host.Length == 0 || host.Contains('/', StringComparison.Ordinal))
            .Select(host => $"{nameof(InsecureHosts)}: '{host}' is no host or host:port"));
        if (AuthorityFile is not null && !File.Exists(AuthorityFile))
        {
            problems.Add($"{nameof(AuthorityFile)}: there is no file '{AuthorityFile}'");
        }

        if (problems.Count > 0)
        {
            throw new ManagerOptionsException(string.Join("; ", problems));
        }
    }
}
