namespace PodPool.DaprProxy.Inbound;

/// <summary>What daprd is subscribed to, once for all functions that want it.</summary>
/// <param name="PubSub">The component.</param>
/// <param name="Name">The topic.</param>
/// <param name="IsRaw">What is published there is taken for bytes, as some function wants it so. Those that do not get the CloudEvents in it.</param>
internal readonly record struct Topic(string PubSub, string Name, bool IsRaw)
{
    public override string ToString() => $"{PubSub}/{Name}";
}
