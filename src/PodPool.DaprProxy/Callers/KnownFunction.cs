using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.Callers;

/// <summary>A function that there is, wherever its instances are.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Access">What it uses of Dapr, and what comes to it; null: it does not use Dapr.</param>
internal sealed record KnownFunction(string Namespace, string Name, DaprAccess? Access);
