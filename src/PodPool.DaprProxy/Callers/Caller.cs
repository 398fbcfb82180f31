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
    public string Name => $"{Namespace}/{Function}";
}

/// <summary>The instances of this node, and the functions there are.</summary>
internal interface ICallers
{
    /// <summary>The instance of an id; null: it is not one of this node's, or is gone.</summary>
    Caller? Find(string podId);

    /// <summary>Whether there is such a function, wherever its instances are.</summary>
    bool IsFunction(string @namespace, string name);
}
