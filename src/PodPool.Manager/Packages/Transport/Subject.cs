namespace PodPool.Manager.Packages.Transport;

/// <summary>What a request is about, for messages.</summary>
/// <param name="Server">"registry 'host'", "server 'host'".</param>
/// <param name="What">The thing that is asked for, and of what: "the manifest sha256:… of repository 'x'".</param>
/// <param name="CredentialHost">The host whose credentials count.</param>
/// <param name="Credentials">What is known of the credentials.</param>
/// <param name="Secret">What they are from.</param>
internal sealed record Subject(string Server, string What, string CredentialHost, CredentialState Credentials, string? Secret)
{
    /// <summary>A failure with it in front.</summary>
    public PackageSourceException Fail(PackageProblem problem, string why, Exception? inner = null, TimeSpan? retryAfter = null)
        => new(problem, $"{Server}: {What}: {why}", inner) { RetryAfter = retryAfter };

    /// <summary>The server wants credentials, and what to do about it.</summary>
    public PackageSourceException Unauthorized() => Fail(PackageProblem.Unauthorized, Credentials switch
    {
        CredentialState.Given => $"the credentials for '{CredentialHost}' in {Secret} were refused (401): put valid ones into it",
        CredentialState.OtherHosts => $"credentials are wanted (401), and {Secret} holds none for '{CredentialHost}': add an entry for exactly that host to it",
        _ => $"credentials are wanted (401): name a secret of type kubernetes.io/dockerconfigjson with an entry for '{CredentialHost}' in spec.package.pullSecret",
    });

    /// <summary>The server refuses, and what to do about it.</summary>
    public PackageSourceException Forbidden() => Fail(PackageProblem.Forbidden, Credentials switch
    {
        CredentialState.Given => $"access is denied (403): the account in {Secret}'s entry for '{CredentialHost}' needs the right to it",
        CredentialState.OtherHosts => $"access is denied (403), and {Secret} holds no entry for '{CredentialHost}': add one of an account with the right to it",
        _ => $"access is denied (403): name a secret of type kubernetes.io/dockerconfigjson with an entry for '{CredentialHost}' in spec.package.pullSecret",
    });
}

/// <summary>What is known of the credentials for a host.</summary>
internal enum CredentialState
{
    /// <summary>No secret was named.</summary>
    None,

    /// <summary>A secret was named that says nothing of this host.</summary>
    OtherHosts,

    /// <summary>There are some.</summary>
    Given,
}
