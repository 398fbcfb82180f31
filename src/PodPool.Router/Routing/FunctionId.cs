using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Router.Routing;

/// <summary>A function's name in its namespace; both are DNS labels.</summary>
internal readonly record struct FunctionId(string Namespace, string Name)
{
    /// <summary>Whom `podpool local` calls before it is ready: no caller's request, which nobody shall count.</summary>
    public static readonly FunctionId Rehearsal = new(RehearsalFunction.Namespace, RehearsalFunction.Name);

    public static FunctionId Of(FunctionName name) => new(name.Namespace, name.Name);

    public FunctionName ToWire() => new() { Namespace = Namespace, Name = Name };

    /// <summary><c>namespace/name</c>: as paths, logs and metrics spell it.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
