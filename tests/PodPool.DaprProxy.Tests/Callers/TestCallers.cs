using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.DaprProxy.Callers;

namespace PodPool.DaprProxy.Tests.Callers;

/// <summary>Instances that a test says there are, and the manager that signs their tokens.</summary>
internal sealed class TestCallers : ICallers, IDisposable
{
    private readonly Dictionary<string, Caller> _instances = [];
    private readonly HashSet<(string, string)> _functions = [];
    private TaskCompletionSource _nextChange = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TestCallers() => Key = Signer;

    /// <summary>The manager's.</summary>
    public ECDsa Signer { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public ECDsa? Key { get; set; }

    public Task NextChange => _nextChange.Task;

    public Task NextFunctionChange => _nextChange.Task;

    public IEnumerable<KnownFunction> Functions => _functions.Select(function => new KnownFunction(function.Item1, function.Item2, null));

    public Caller? Find(string podId) => _instances.GetValueOrDefault(podId);

    public bool IsFunction(string @namespace, string name) => _functions.Contains((@namespace, name));

    public void AddFunction(string @namespace, string name) => _functions.Add((@namespace, name));

    /// <summary>An instance lives.</summary>
    /// <returns>Its token.</returns>
    public string Add(Caller caller, DateTimeOffset? expires = null)
    {
        _instances[caller.PodId] = caller;
        AddFunction(caller.Namespace, caller.Function);
        Change();
        return TokenOf(caller, expires);
    }

    /// <summary>What an instance is given when it is claimed.</summary>
    public string TokenOf(Caller caller, DateTimeOffset? expires = null, DateTimeOffset? issued = null) => DaprTokens.Write(
        new()
        {
            Namespace = caller.Namespace, Function = caller.Function, Revision = caller.Revision, PodId = caller.PodId,
            ExpiresAt = Timestamp.FromDateTimeOffset(expires ?? DateTimeOffset.MaxValue.AddDays(-1)),
            IssuedAt = Timestamp.FromDateTimeOffset(issued ?? DateTimeOffset.UnixEpoch),
        },
        bytes => Signer.SignData(bytes, HashAlgorithmName.SHA256));

    /// <summary>The manager tells something.</summary>
    public void Change()
    {
        var change = _nextChange;
        _nextChange = new(TaskCreationOptions.RunContinuationsAsynchronously);
        change.SetResult();
    }

    /// <summary>An instance is gone.</summary>
    public void Remove(string podId) => _instances.Remove(podId);

    public void Dispose() => Signer.Dispose();
}
