using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Packaging;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Functions;

/// <summary>What may be asked for, what is meant when something is left out, and what makes a revision.</summary>
internal static partial class FunctionRules
{
    private const int MaxConcurrency = 10_000;
    private const int MaxScale = 100_000;
    private static readonly TimeSpan MaxTime = TimeSpan.FromDays(1);

    /// <summary>Whether something is a DNS label (RFC 1123).</summary>
    public static bool IsLabel(string text) => Label().IsMatch(text);

    /// <summary>A function's name off the wire.</summary>
    /// <exception cref="Grpc.Core.RpcException">It is none.</exception>
    public static Name NameOf(FunctionName? name)
    {
        Require(name is not null, "function", "a function's name is missing");
        Require(IsLabel(name!.Namespace), "namespace", $"the namespace '{name.Namespace}' is no DNS label: 1 to 63 of a-z, 0-9 and '-', which neither begins nor ends it");
        Require(IsLabel(name.Name) && char.IsAsciiLetter(name.Name[0]), "name", $"the name '{name.Name}' is no DNS label that begins with a letter: 1 to 63 of a-z, 0-9 and '-', which does not end it");
        return new(name.Namespace, name.Name);
    }

    /// <summary>A spec with nothing left to a default.</summary>
    /// <exception cref="Grpc.Core.RpcException">Something of it is not allowed; names the field, and what would be.</exception>
    public static FunctionSpec Complete(FunctionSpec? asked)
    {
        Require(asked is not null, "spec", "the function's spec is missing");
        NameOf(asked!.Function);
        var spec = asked.Clone();
        spec.Pool = spec.Pool.Length == 0 ? PoolOptions.DefaultName : spec.Pool;
        spec.Concurrency = spec.Concurrency == 0 ? 100 : spec.Concurrency;
        spec.Scale ??= new();
        spec.Scale.IdleTimeout ??= Duration.FromTimeSpan(TimeSpan.FromSeconds(300));
        spec.Timeout ??= Duration.FromTimeSpan(TimeSpan.FromSeconds(60));

        Require(spec.Concurrency is >= 1 and <= MaxConcurrency, "concurrency", $"the concurrency is {spec.Concurrency}; 1 to {MaxConcurrency} are allowed");
        Require(spec.Scale.Min is >= 0 and <= MaxScale, "scale.min", $"scale.min is {spec.Scale.Min}; 0 to {MaxScale} are allowed");
        Require(spec.Scale.Max is >= 0 and <= MaxScale, "scale.max", $"scale.max is {spec.Scale.Max}; 0 (no limit) to {MaxScale} are allowed");
        Require(spec.Scale.Max == 0 || spec.Scale.Max >= spec.Scale.Min, "scale.max", $"scale.max, {spec.Scale.Max}, is less than scale.min, {spec.Scale.Min}");
        RequireTime(spec.Scale.IdleTimeout, "scale.idle_timeout");
        RequireTime(spec.Timeout, "timeout");
        Require(System.Enum.IsDefined(spec.OnEmptyPool), "on_empty_pool", $"on_empty_pool is {(int)spec.OnEmptyPool}; WAIT and REJECT are known");
        foreach (var (name, value) in spec.Environment)
        {
            Require(Variable().IsMatch(name), "environment", $"'{name}' is no name of an environment variable: letters, digits and '_', the first no digit");
            Require(!name.StartsWith(PodEnvironment.Prefix, StringComparison.OrdinalIgnoreCase), "environment", $"the variable '{name}' begins with {PodEnvironment.Prefix}, which belongs to PodPool: choose another name");
            Require(!value.Contains('\0', StringComparison.Ordinal), "environment", $"the value of the variable '{name}' holds a NUL character");
        }

        for (var i = 0; i < spec.Hosts.Count; i++)
        {
            spec.Hosts[i] = spec.Hosts[i].ToLowerInvariant();
            Require(spec.Hosts[i].Length <= 253 && spec.Hosts[i].Split('.').All(IsLabel), "hosts", $"'{spec.Hosts[i]}' is no host name");
        }

        for (var i = 0; i < spec.Paths.Count; i++)
        {
            var path = spec.Paths[i];
            Require(
                path.StartsWith('/') && !path.Contains("//", StringComparison.Ordinal) && !path.Split('/').Any(part => part is "." or "..") && path.All(character => character > ' ' && character is not ('?' or '#' or '\\' or '\x7f')),
                "paths",
                $"'{path}' is no path prefix: begin with '/', and use no query, fragment, empty or '..' segment");
            spec.Paths[i] = path.Length > 1 ? path.TrimEnd('/') : path;
        }

        if (spec.Dapr is { } dapr && DaprRules.ProblemOf(dapr, spec.Environment) is { } problem)
        {
            throw Reason.InvalidArgument.ToException(problem, ("field", "dapr"));
        }

        if (spec.EntryPoint.Length > 0 && !EntryPoint.TryParse(spec.EntryPoint, out _, out var error))
        {
            throw Reason.InvalidArgument.ToException(error, ("field", "entry_point"));
        }

        if (PackageRules.Check(spec.Files) is { } fault)
        {
            throw fault.Reason.ToException(fault.Message, ("file", fault.Path));
        }

        return spec;
    }

    /// <summary>No two functions may be meant by one address.</summary>
    /// <exception cref="Grpc.Core.RpcException">A host or path of the spec is another function's.</exception>
    public static void CheckRoutes(FunctionSpec spec, IEnumerable<FunctionRecord> others)
    {
        var own = NameOf(spec.Function);
        foreach (var other in others.Where(other => other.Name != own))
        {
            var host = spec.Hosts.FirstOrDefault(other.Spec.Hosts.Contains);
            Require(host is null, "hosts", $"the host '{host}' is already that of the function {other.Name}: change one of them");
            var path = spec.Paths.FirstOrDefault(path => other.Spec.Paths.Contains(path) || path == $"/{other.Name}")
                ?? other.Spec.Paths.FirstOrDefault(path => path == $"/{own}");
            Require(path is null, "paths", $"the path '{path}' is already that of the function {other.Name}: change one of them");
        }
    }

    /// <summary>The short hash of all that an instance is made of: what differs in it is another revision.</summary>
    public static string RevisionOf(FunctionSpec spec, string packageDigest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(packageDigest);
        Add(spec.EntryPoint);
        foreach (var (name, value) in spec.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Add(name);
            Add(value);
        }

        Add($"{spec.Concurrency}");
        Add($"{spec.Timeout.Seconds}.{spec.Timeout.Nanos}");

        // Whether there is a door is in an instance's environment; what it may do there is not.
        if (spec.Dapr is not null)
        {
            Add("dapr");
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];

        // With the length first: no two lists of texts look alike.
        void Add(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
    }

    private static void RequireTime(Duration duration, string field)
    {
        var inRange = duration.Nanos is >= 0 and < 1_000_000_000 && duration.Seconds >= 0 && duration.Seconds <= MaxTime.TotalSeconds;
        Require(inRange, field, $"{field} is {duration.Seconds} s; 0 to {MaxTime.TotalSeconds} s are allowed");
    }

    private static void Require(bool holds, string field, string message)
    {
        if (!holds)
        {
            throw Reason.InvalidArgument.ToException(message, ("field", field));
        }
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.-]*\z")]
    private static partial Regex Variable();
}
