using System.Net;
using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.Callers;

/// <summary>An instance of this node, as the manager tells of it.</summary>
/// <param name="Namespace">The function's namespace.</param>
/// <param name="Function">The function.</param>
/// <param name="Revision">What the instance was made of.</param>
/// <param name="PodId">The instance.</param>
/// <param name="Address">Where its calls come from; null: that says nothing here, as all instances are processes of one machine.</param>
/// <param name="Access">What the function may use now.</param>
internal sealed record Caller(string Namespace, string Function, string Revision, string PodId, IPAddress? Address, DaprAccess Access)
{
    /// <summary><c>namespace/function</c>.</summary>
    public string Name { get; } = $"{Namespace}/{Function}";
}
