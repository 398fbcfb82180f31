using System.Net.Security;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Loader;

/// <summary>How the loaders of pods are called over TLS.</summary>
internal interface ILoaderSecurity
{
    /// <summary>For the next connection to a pod whose loader is at <c>https</c>; null: this manager has no certificates. Not to be changed by who gets it.</summary>
    SslClientAuthenticationOptions? For(PlatformPod pod);
}

/// <summary>Where the loaders' sockets are private by themselves.</summary>
internal sealed class NoLoaderSecurity : ILoaderSecurity
{
    /// <inheritdoc/>
    public SslClientAuthenticationOptions? For(PlatformPod pod) => null;
}
