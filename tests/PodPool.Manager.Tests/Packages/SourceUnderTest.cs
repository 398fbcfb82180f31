using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Contracts.V1;
using PodPool.Manager.Packages;
using PodPool.Manager.Packages.Registries;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Packages;

/// <summary>A package source with a store of its own.</summary>
internal sealed class SourceUnderTest : IDisposable
{
    private readonly TemporaryFolder? _own;
    private readonly LoggerFactory _loggers;

    public SourceUnderTest(string? insecure = null, TemporaryFolder? folder = null, TimeProvider? time = null, Func<PackageSourceOptions, PackageSourceOptions>? change = null)
    {
        _own = folder is null ? new() : null;
        Folder = (folder ?? _own)!.Path;
        var manager = ManagerUnderTest.OptionsFor(Folder);
        var options = new PackageSourceOptions { InsecureHosts = insecure is null ? [] : [insecure], BackOff = TimeSpan.FromMilliseconds(1) };
        Log = new();
        _loggers = new([new TestOutput(), Log]);
        Store = new(manager, TimeProvider.System, NullLogger<PackageStore>.Instance);
        Source = new(manager, change?.Invoke(options) ?? options, Store, time ?? TimeProvider.System, _loggers);
    }

    public string Folder { get; }

    public PackageStore Store { get; }

    public PackageSource Source { get; }

    /// <summary>All that was logged.</summary>
    public LogKeeper Log { get; }

    public string State => Path.Combine(Folder, "state");

    public static RegistryCredentials Credentials(string host, string user = RegistryProcess.User, string password = RegistryProcess.Password)
        => RegistryCredentials.Parse(DockerConfig(host, user, password));

    /// <summary>What a pull secret holds.</summary>
    public static byte[] DockerConfig(string host, string user = RegistryProcess.User, string password = RegistryProcess.Password)
        => JsonSerializer.SerializeToUtf8Bytes(new { auths = new Dictionary<string, object> { [host] = new { username = user, password } } });

    public static PackageFile FileOf(string path, byte[] bytes) => new() { Path = path, Size = bytes.Length, Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes)) };

    /// <summary>Stores a file as an upload does.</summary>
    public async Task<PackageFile> StoreAsync(string path, byte[] bytes)
    {
        var file = FileOf(path, bytes);
        using var incoming = Store.Receive(file);
        await incoming.WriteAsync(bytes, ManagerUnderTest.Test);
        await incoming.FinishAsync(ManagerUnderTest.Test);
        return file;
    }

    public async Task<List<PackageFile>> StoreAllAsync(params (string Path, string Text)[] files)
    {
        var stored = new List<PackageFile>();
        foreach (var (path, text) in files)
        {
            stored.Add(await StoreAsync(path, Encoding.UTF8.GetBytes(text)));
        }

        return stored;
    }

    public Task<ImageReference> PushAsync(string repository, IReadOnlyList<PackageFile> files, RegistryCredentials? credentials = null, PackageConfig? config = null)
        => Source.PushAsync(RepositoryReference.Parse(repository), files, config ?? PackageConfig.None, credentials, ManagerUnderTest.Test);

    public Task<ResolvedPackage> PullAsync(ImageReference image, RegistryCredentials? credentials = null)
        => Source.ResolveAsync(PackageReference.OfImage(image.ToString()), credentials, ManagerUnderTest.Test);

    /// <summary>The failure of what must fail.</summary>
    public static async Task<PackageSourceException> FailureOfAsync(Func<Task> work, PackageProblem problem)
    {
        var exception = await Assert.ThrowsAsync<PackageSourceException>(work);
        Assert.True(problem == exception.Problem, $"{exception.Problem}: {exception.Message}");
        return exception;
    }

    public byte[] BytesOf(PackageFile file)
    {
        using var stream = Store.OpenRead(file.Sha256);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Names of all files under the state folder, but those that are whole and in their place.</summary>
    public IEnumerable<string> Leftovers()
        => Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
            .Where(path => !path.StartsWith(Path.Combine(State, "files"), StringComparison.Ordinal) && !path.StartsWith(Path.Combine(State, "resolved"), StringComparison.Ordinal));

    public void Dispose()
    {
        Source.Dispose();
        _loggers.Dispose();
        _own?.Dispose();
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class LogKeeper : ILoggerProvider, ILogger
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();

    public string Text
    {
        get
        {
            lock (_gate)
            {
                return _text.ToString();
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_gate)
        {
            _text.AppendLine(formatter(state, exception)).AppendLine(exception?.ToString());
        }
    }

    public void Dispose()
    {
    }
}
