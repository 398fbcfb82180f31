using System.Collections.Immutable;
using Google.Protobuf;
using PodPool.Contracts.V1;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Functions;

/// <summary>A function whose file cannot be read: it is not served until it is deployed again.</summary>
/// <param name="Name">By the file's name.</param>
/// <param name="Message">What is wrong.</param>
internal sealed record BrokenFunction(Name Name, string Message);

/// <summary>All deployed functions, kept on disk: one file each, replaced whole, readable by the owner alone (environments hold secrets).</summary>
internal sealed partial class FunctionRegistry
{
    private const string Extension = ".json";

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithIndentation());
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    private readonly string _folder;
    private readonly Lock _gate = new();
    private ImmutableDictionary<Name, FunctionRecord> _all = ImmutableDictionary<Name, FunctionRecord>.Empty;
    private ImmutableDictionary<(Name, string), FunctionRecord> _revisions = ImmutableDictionary<(Name, string), FunctionRecord>.Empty;
    private ImmutableDictionary<Name, BrokenFunction> _broken = ImmutableDictionary<Name, BrokenFunction>.Empty;

    public FunctionRegistry(ManagerOptions options, ILogger<FunctionRegistry> logger)
    {
        _folder = Path.Combine(options.StateFolder, "functions");
        Directory.CreateDirectory(_folder);
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + Extension))
        {
            Load(path, logger);
        }
    }

    /// <summary>The functions now.</summary>
    public ImmutableDictionary<Name, FunctionRecord> All => Volatile.Read(ref _all);

    /// <summary>Those that could not be read.</summary>
    public ImmutableDictionary<Name, BrokenFunction> Broken => Volatile.Read(ref _broken);

    /// <summary>The revision of a function that a claim names: the one deployed now, or the one before.</summary>
    public FunctionRecord? Find(Name name, string revision)
        => All.TryGetValue(name, out var record) && record.Revision == revision ? record : Volatile.Read(ref _revisions).GetValueOrDefault((name, revision));

    /// <summary>Adds or replaces a function.</summary>
    public void Set(FunctionRecord record)
    {
        lock (_gate)
        {
            Write(record);
            Forget(record.Name, keep: _all.GetValueOrDefault(record.Name));
            Volatile.Write(ref _all, _all.SetItem(record.Name, record));
            Volatile.Write(ref _broken, _broken.Remove(record.Name));
        }
    }

    /// <summary>Removes a function.</summary>
    /// <returns>What it was; null: it was not there.</returns>
    public FunctionRecord? Remove(Name name)
    {
        lock (_gate)
        {
            var record = _all.GetValueOrDefault(name);
            File.Delete(PathOf(name));
            Forget(name, keep: null);
            Volatile.Write(ref _all, _all.Remove(name));
            Volatile.Write(ref _broken, _broken.Remove(name));
            return record;
        }
    }

    /// <summary>Digests of the files of all functions; null while one cannot be read, for nobody knows what it needs.</summary>
    public IReadOnlySet<ByteString>? NeededFiles()
        => Broken.IsEmpty ? All.Values.Concat(Volatile.Read(ref _revisions).Values).SelectMany(record => record.Spec.Files).Select(file => file.Sha256).ToHashSet() : null;

    /// <summary>A claim that was decided before a deploy still finds its revision; what came before that, nobody asks for.</summary>
    private void Forget(Name name, FunctionRecord? keep)
    {
        var revisions = _revisions.RemoveRange(_revisions.Keys.Where(key => key.Item1 == name));
        Volatile.Write(ref _revisions, keep is null ? revisions : revisions.SetItem((name, keep.Revision), keep));
    }

    private void Load(string path, ILogger logger)
    {
        var name = Path.GetFileNameWithoutExtension(path).Split('.');
        if (name.Length != 2 || !name.All(FunctionRules.IsLabel))
        {
            Log.Stray(logger, path);
            return;
        }

        var function = new Name(name[0], name[1]);
        try
        {
            var status = Parser.Parse<FunctionStatus>(File.ReadAllText(path));
            var spec = FunctionRules.Complete(status.Spec);
            if (FunctionRules.NameOf(spec.Function) != function || status.Revision.Length == 0 || status.DeployedAt is null)
            {
                throw new InvalidDataException("it is not the function that the file's name says, or incomplete");
            }

            _all = _all.SetItem(function, new(function, spec, status.Revision, status.PackageDigest, status.DeployedAt.ToDateTimeOffset()));
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidJsonException or InvalidDataException or Grpc.Core.RpcException or IOException or InvalidOperationException)
        {
            var why = exception is Grpc.Core.RpcException rpc ? rpc.Status.Detail : exception.Message;
            var message = $"the file '{path}' of the function {function} cannot be read ({why}): deploy the function again, or delete it";
            Log.Broken(logger, message);
            _broken = _broken.SetItem(function, new(function, message));
        }
    }

    private void Write(FunctionRecord record)
    {
        var path = PathOf(record.Name);
        var file = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(path + ".tmp", file))
        using (var writer = new StreamWriter(stream))
        {
            Formatter.Format(record.ToStatus(), writer);
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }

        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>Labels hold no dot, so this names one function only.</summary>
    private string PathOf(Name name) => Path.Combine(_folder, $"{name.Namespace}.{name.Name}{Extension}");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Message}", EventName = "FunctionBroken")]
        public static partial void Broken(ILogger logger, string message);

        [LoggerMessage(2, LogLevel.Warning, "'{Path}' is named like no function; it is ignored", EventName = "Stray")]
        public static partial void Stray(ILogger logger, string path);
    }
}
