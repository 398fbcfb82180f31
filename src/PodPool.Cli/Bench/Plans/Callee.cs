using PodPool.Contracts.V1;

namespace PodPool.Cli.Bench.Plans;

/// <summary>A function under one of its names.</summary>
/// <param name="Function">Which.</param>
/// <param name="Url">Where it is called.</param>
/// <param name="Deployed">As the manager knows it; null: no manager does.</param>
internal sealed record Callee(PlanFunction Function, string Url, FunctionName? Deployed);
