using System.Diagnostics;
using System.Globalization;
using System.Text;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Packages;

/// <summary>A real registry on a free port: Debian's docker-registry.</summary>
internal sealed class RegistryProcess : IDisposable
{
    public const string User = "reader";
    public const string Password = "correct-horse";

    private const string Program = "/usr/bin/docker-registry";

    // bcrypt, cost 4, of the password.
    private const string PasswordHash = "$2b$04$abcdefghijklmnopqrstuuPoaPXzWjiVz4HaNq2LJXksWbO79E.S6";

    private readonly TemporaryFolder _folder = new();
    private readonly bool _withUsers;
    private Process? _process;

    private RegistryProcess(bool withUsers) => _withUsers = withUsers;

    public int Port { get; private set; }

    public string Host => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>A running registry. Skips the test where the program is not installed.</summary>
    public static async Task<RegistryProcess> StartAsync(bool withUsers = false)
    {
        Assert.SkipUnless(File.Exists(Program), $"{Program} is not installed (Debian's package docker-registry)");
        var registry = new RegistryProcess(withUsers);
        await registry.StartAgainAsync();
        return registry;
    }

    /// <summary>Starts it on the port and with the data it had.</summary>
    public async Task StartAgainAsync()
    {
        var users = Path.Combine(_folder.Path, "htpasswd");
        await File.WriteAllTextAsync(users, $"{User}:{PasswordHash}\n", TestContext.Current.CancellationToken);
        var config = new StringBuilder()
            .AppendLine("version: 0.1")
            .AppendLine("log: {level: info, accesslog: {disabled: true}}")
            .AppendLine(CultureInfo.InvariantCulture, $"storage: {{filesystem: {{rootdirectory: '{_folder.Path}/data'}}}}")
            .AppendLine(CultureInfo.InvariantCulture, $"http: {{addr: '127.0.0.1:{Port}'}}");
        if (_withUsers)
        {
            config.AppendLine(CultureInfo.InvariantCulture, $"auth: {{htpasswd: {{realm: test, path: '{users}'}}}}");
        }

        var path = Path.Combine(_folder.Path, "config.yml");
        await File.WriteAllTextAsync(path, config.ToString(), TestContext.Current.CancellationToken);
        _process = Process.Start(new ProcessStartInfo(Program, ["serve", path]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        while (await _process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            const string Listening = "listening on 127.0.0.1:";
            if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
            {
                Port = int.Parse(new string([.. line.Skip(at + Listening.Length).TakeWhile(char.IsAsciiDigit)]), CultureInfo.InvariantCulture);

                // So that it is never held up by a full pipe.
                _ = _process.StandardError.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        Assert.Fail("the registry ended before it listened");
    }

    public void Stop()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    /// <summary>The file on its disk that holds something's bytes.</summary>
    public string PathOf(string digest)
    {
        var hex = digest["sha256:".Length..];
        return Path.Combine(_folder.Path, "data/docker/registry/v2/blobs/sha256", hex[..2], hex, "data");
    }

    public void Dispose()
    {
        Stop();
        _folder.Dispose();
    }
}
