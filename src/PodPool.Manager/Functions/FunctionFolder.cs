using Google.Protobuf;
using PodPool.Contracts.V1;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Functions;

/// <summary>Functions on disk: one file each, replaced whole, readable by the owner alone (environments hold secrets).</summary>
internal sealed partial class FunctionFolder
{
    private const string Extension = ".json";

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithIndentation());
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    private readonly string _folder;
    private readonly ILogger<FunctionFolder> _logger;

    public FunctionFolder(ManagerOptions options, ILogger<FunctionFolder> logger)
    {
        (_folder, _logger) = (Path.Combine(options.StateFolder, "functions"), logger);
        Directory.CreateDirectory(_folder);
    }

    /// <summary>All functions, and those whose file cannot be read.</summary>
    public (IReadOnlyList<FunctionRecord> Functions, IReadOnlyList<BrokenFunction> Broken) ReadAll()
    {
        var functions = new List<FunctionRecord>();
        var broken = new List<BrokenFunction>();
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + Extension))
        {
            var name = Path.GetFileNameWithoutExtension(path).Split('.');
            if (name.Length != 2 || !name.All(FunctionRules.IsLabel))
            {
                Log.Stray(_logger, path);
                continue;
            }

            var function = new Name(name[0], name[1]);
            try
            {
                functions.Add(Read(path, function));
            }
            catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidJsonException or InvalidDataException or Grpc.Core.RpcException or IOException or InvalidOperationException)
            {
                var why = exception is Grpc.Core.RpcException rpc ? rpc.Status.Detail : exception.Message;
                var message = $"the file '{path}' of the function {function} cannot be read ({why}): deploy the function again, or delete it";
                Log.Broken(_logger, message);
                broken.Add(new(function, message) { FilesUnknown = true });
            }
        }

        return (functions, broken);
    }

    /// <summary>Keeps a function, in place of what was kept of it.</summary>
    public void Write(FunctionRecord record)
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

    /// <summary>Keeps a function no longer. One that is not there is no error.</summary>
    public void Delete(Name name) => File.Delete(PathOf(name));

    private static FunctionRecord Read(string path, Name function)
    {
        var status = Parser.Parse<FunctionStatus>(File.ReadAllText(path));
        var spec = FunctionRules.Complete(status.Spec);
        return FunctionRules.NameOf(spec.Function) == function && status.Revision.Length > 0 && status.DeployedAt is { } deployedAt
            ? new(function, spec, status.Revision, status.PackageDigest, deployedAt.ToDateTimeOffset())
            : throw new InvalidDataException("it is not the function that the file's name says, or incomplete");
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
