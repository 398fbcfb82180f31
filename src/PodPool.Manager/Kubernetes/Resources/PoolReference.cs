namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>
/// Which pool a function means. A name alone is looked for in the function's own namespace first, then in the namespace that the manager is
/// in: so the pool that comes with an installation serves all, and a namespace can have its own of the same name.
/// </summary>
/// <param name="Namespace">The pool's namespace; null: not said.</param>
/// <param name="Name">The pool's name.</param>
internal readonly record struct PoolReference(string? Namespace, string Name)
{
    /// <summary>Reads <c>name</c> or <c>namespace/name</c>.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static PoolReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split('/') switch
        {
            [{ Length: > 0 } name] => new(null, name),
            [{ Length: > 0 } space, { Length: > 0 } name] => new(space, name),
            _ => throw new FormatException($"spec.pool is '{text}': write 'name' or 'namespace/name'"),
        };
    }

    /// <summary>Where to look, in this order.</summary>
    /// <param name="own">The function's namespace.</param>
    /// <param name="installation">The manager's namespace.</param>
    public IReadOnlyList<(string Namespace, string Name)> Candidates(string own, string installation) =>
        Namespace is { } space ? [(space, Name)] : own == installation ? [(own, Name)] : [(own, Name), (installation, Name)];
}
