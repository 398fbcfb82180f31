using System.Security.Cryptography;

namespace PodPool.DaprProxy.Callers;

/// <summary>The instances of this node, the functions there are, and whose signature a token needs: what a manager told.</summary>
internal interface ICallers
{
    /// <summary>The manager's public key; null: no manager told anything yet.</summary>
    ECDsa? Key { get; }

    /// <summary>Completes when a manager tells something the next time.</summary>
    Task NextChange { get; }

    /// <summary>Completes when a manager tells something of functions the next time.</summary>
    Task NextFunctionChange { get; }

    /// <summary>All functions.</summary>
    IEnumerable<KnownFunction> Functions { get; }

    /// <summary>The instance of an id; null: it is not one of this node's, or is gone.</summary>
    Caller? Find(string podId);

    /// <summary>Whether there is such a function, wherever its instances are.</summary>
    bool IsFunction(string @namespace, string name);
}
