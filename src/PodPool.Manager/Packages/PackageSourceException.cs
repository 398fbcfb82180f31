namespace PodPool.Manager.Packages;

/// <summary>What kept a package from coming from, or going to, where it is kept.</summary>
internal enum PackageProblem
{
    /// <summary>The reference is none, or pins nothing.</summary>
    ReferenceInvalid,

    /// <summary>The pull secret cannot be read.</summary>
    CredentialsInvalid,

    /// <summary>The server wants credentials, or other ones.</summary>
    Unauthorized,

    /// <summary>The server knows who asks, and refuses.</summary>
    Forbidden,

    /// <summary>The server has no such thing.</summary>
    NotFound,

    /// <summary>TLS was not agreed on: an unknown authority, another name, or a server without TLS.</summary>
    Untrusted,

    /// <summary>No connection, or one that broke. Transient.</summary>
    Unreachable,

    /// <summary>The server says that it is overloaded or broken. Transient.</summary>
    Unavailable,

    /// <summary>The server answered what it must not.</summary>
    AnswerInvalid,

    /// <summary>The bytes are not those that were asked for.</summary>
    DigestMismatch,

    /// <summary>What came is no package.</summary>
    PackageInvalid,

    /// <summary>What came is larger than a package may be.</summary>
    PackageTooLarge,

    /// <summary>The manager's own disk failed, or is full.</summary>
    StorageFailed,
}

/// <summary>A package could not be fetched or pushed. The message names the server, what was asked, the cause and the remedy; never a credential.</summary>
internal sealed class PackageSourceException(PackageProblem problem, string message, Exception? inner = null) : Exception(message, inner)
{
    public PackageProblem Problem { get; } = problem;

    /// <summary>How long the server asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request may succeed later with nothing changed.</summary>
    public bool IsTransient => Problem is PackageProblem.Unreachable or PackageProblem.Unavailable;

    /// <summary>A failure of the manager's own disk.</summary>
    public static PackageSourceException OfStorage(Exception exception)
        => new(PackageProblem.StorageFailed, $"the package cannot be kept on the manager's disk: {exception.Message.TrimEnd('.')}: see that its state folder is writable and has room", exception);
}
