using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Check;

/// <summary>How a look at something ended.</summary>
internal enum LookEnd
{
    Found,

    /// <summary>There is no such thing.</summary>
    Absent,

    /// <summary>This user may not look.</summary>
    Denied,

    /// <summary>Who was asked does not know the question: it is of another version.</summary>
    Unknown,

    /// <summary>Nobody can tell: the message says why.</summary>
    Failed,
}

/// <summary>What a look at something found.</summary>
internal sealed record Look<T>(LookEnd End, T? Found, string Message = "")
    where T : class
{
    public static Look<T> At(T found) => new(LookEnd.Found, found);

    public static Look<T> Absent { get; } = new(LookEnd.Absent, null);
}

/// <summary>A right in the words of roles, and what this user needs it for.</summary>
/// <param name="Verb"><c>get</c>.</param>
/// <param name="Group">Empty: the core group.</param>
/// <param name="Resource"><c>pods</c> or <c>pods/portforward</c>.</param>
/// <param name="Namespace">Null: the whole cluster.</param>
/// <param name="For">Verbs of the command line; empty: installing.</param>
internal sealed record Right(string Verb, string Group, string Resource, string? Namespace, IReadOnlyList<string> For)
{
    public override string ToString()
    {
        var parts = Resource.Split('/', 2);
        var below = parts.Length > 1 ? "/" + parts[1] : "";
        return $"{Verb} {parts[0]}{(Group.Length == 0 ? "" : "." + Group)}{below}{(Namespace is null ? "" : $" in the namespace '{Namespace}'")}";
    }
}

/// <summary>Whether this user has a right; null: the server did not say.</summary>
internal sealed record RightFact(Right Right, bool? IsGiven);

internal sealed record ServerFact(int Major, int Minor, string Text)
{
    public bool IsBefore(int minor) => Major < 1 || (Major == 1 && Minor < minor);
}

/// <summary>A custom resource as the server has it.</summary>
/// <param name="IsEstablished">Whether it is served.</param>
/// <param name="Fields">Paths of all fields of the version that this command line speaks; empty: it has no such version.</param>
/// <param name="HasRules">Whether it has rules in CEL.</param>
internal sealed record SchemaFact(bool IsEstablished, IReadOnlySet<string> Fields, bool HasRules);

/// <summary>A custom resource: as the server has it, and as it should be.</summary>
internal sealed record SchemaLook(string Name, Look<SchemaFact> Actual, SchemaFact Wanted);

/// <param name="PodSecurity">The standard that the namespace enforces; null: none.</param>
internal sealed record NamespaceFact(string? PodSecurity);

/// <param name="Wanted">Replicas.</param>
/// <param name="Ready">Of them, those of the newest template that are ready.</param>
/// <param name="Image">Of the container.</param>
internal sealed record DeploymentFact(int Wanted, int Ready, string Image);

/// <param name="Holder">The pod that leads; null: none.</param>
/// <param name="IsRenewed">Whether it was seen to be renewed within its duration: clocks of two machines are not compared.</param>
internal sealed record LeaseFact(string? Holder, bool IsRenewed);

/// <summary>A pool or function.</summary>
internal sealed record ObjectFact(string Name, long Generation, long ObservedGeneration, string Summary, IReadOnlyList<ResourceCondition> Conditions)
{
    /// <summary>Of a function: whether it uses Dapr.</summary>
    public bool UsesDapr { get; init; }

    public ResourceCondition? this[string type] => Conditions.FirstOrDefault(condition => condition.Type == type);
}

/// <summary>What the manager that leads says of itself.</summary>
internal sealed record ManagerFact(string Version, string Registry, string RegistryProblem);

/// <summary>All that was seen of an installation.</summary>
internal sealed record InstallationFacts
{
    public required string Context { get; init; }

    /// <summary>The namespace of managers and routers.</summary>
    public required string Installation { get; init; }

    /// <summary>Of this command line.</summary>
    public required string Version { get; init; }

    public required Look<ServerFact> Server { get; init; }

    public IReadOnlyList<RightFact> Rights { get; init; } = [];

    /// <summary>The resources of our group and version that the server serves, subresources too.</summary>
    public Look<IReadOnlySet<string>> Kinds { get; init; } = Look<IReadOnlySet<string>>.Absent;

    public IReadOnlyList<SchemaLook> Schemas { get; init; } = [];

    public Look<NamespaceFact> Namespace { get; init; } = Look<NamespaceFact>.Absent;

    public Look<DeploymentFact> Manager { get; init; } = Look<DeploymentFact>.Absent;

    public Look<DeploymentFact> Router { get; init; } = Look<DeploymentFact>.Absent;

    /// <summary>Dapr on the nodes: as many as there are of them are wanted. An installation need not have it.</summary>
    public Look<DeploymentFact> Dapr { get; init; } = Look<DeploymentFact>.Absent;

    public Look<LeaseFact> Lease { get; init; } = Look<LeaseFact>.Absent;

    /// <summary>Absent: it was not asked, as nobody leads.</summary>
    public Look<ManagerFact> Leader { get; init; } = Look<ManagerFact>.Absent;

    public Look<IReadOnlyList<ObjectFact>> Pools { get; init; } = Look<IReadOnlyList<ObjectFact>>.Absent;

    public Look<IReadOnlyList<ObjectFact>> Functions { get; init; } = Look<IReadOnlyList<ObjectFact>>.Absent;
}
