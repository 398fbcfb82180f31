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

    public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public Caller? Find(string podId) => _instances.GetValueOrDefault(podId);

    public bool IsFunction(string @namespace, string name) => _functions.Contains((@namespace, name));

    public void AddFunction(string @namespace, string name) => _functions.Add((@namespace, name));

    /// <summary>An instance lives.</summary>
    /// <returns>Its token.</returns>
    public string Add(Caller caller, DateTimeOffset? expires = null)
    {
        _instances[caller.PodId] = caller;
        AddFunction(caller.Namespace, caller.Function);
        return DaprTokens.Write(
            new()
            {
                Namespace = caller.Namespace, Function = caller.Function, Revision = caller.Revision, PodId = caller.PodId,
                ExpiresAt = Timestamp.FromDateTimeOffset(expires ?? DateTimeOffset.MaxValue.AddDays(-1)),
            },
            Key);
    }

    /// <summary>An instance is gone.</summary>
    public void Remove(string podId) => _instances.Remove(podId);

    public void Dispose() => Key.Dispose();
}
