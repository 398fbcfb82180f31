using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Operations;

namespace PodPool.Manager.WebConsole;

/// <summary>What is shown of a function beside its row. Its variables are not.</summary>
/// <param name="Name"><c>namespace/name</c>.</param>
/// <param name="Revision">The revision that is deployed.</param>
/// <param name="Urls">Where it is called.</param>
/// <param name="Instances">Its instances.</param>
internal sealed record FunctionDetails(string Name, string Revision, IReadOnlyList<string> Urls, IReadOnlyList<InstanceRow> Instances)
{
    /// <summary>Of a function; null: there is none.</summary>
    public static FunctionDetails? Of(FunctionView view, Core.FunctionName name) => view.Describe(name) is { } status ? Of(name, status) : null;

    private static FunctionDetails Of(Core.FunctionName name, FunctionStatus status) => new(
        name.ToString(), status.Revision, status.Urls, [.. status.Instances.Select(instance => new InstanceRow(
            instance.Id, instance.Revision, StateOf(instance.Phase), instance.Since?.ToDateTimeOffset().ToUnixTimeMilliseconds(), instance.Node))]);

    private static string StateOf(PodPhase phase) => phase switch
    {
        PodPhase.PodSpecializing => "claimed",
        PodPhase.PodServing => "serving",
        _ => "draining",
    };
}

/// <summary>An instance.</summary>
/// <param name="Id">Its pod's name.</param>
/// <param name="Revision">What it runs.</param>
/// <param name="State">Claimed, serving or draining.</param>
/// <param name="Since">Since when, in milliseconds since 1970; null: not known.</param>
/// <param name="Node">Where it runs.</param>
internal sealed record InstanceRow(string Id, string Revision, string State, long? Since, string Node);
