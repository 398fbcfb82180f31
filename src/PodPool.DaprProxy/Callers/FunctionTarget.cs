namespace PodPool.DaprProxy.Callers;

/// <summary>What service invocation names: <c>function.namespace</c>, or the id of an application of Dapr's.</summary>
internal static class FunctionTarget
{
    /// <returns>Where the router has the function, <c>/namespace/name</c>; null: the target is none, but an application.</returns>
    public static string? PathIn(ICallers callers, string target)
        => target.Split('.') is [var name, var @namespace] && callers.IsFunction(@namespace, name) ? $"/{@namespace}/{name}" : null;
}
