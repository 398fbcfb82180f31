using System.Globalization;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Check;

/// <summary>What the facts of an installation mean. Asks nobody.</summary>
internal static class InstallationRules
{
    private const string Install = "deploy/README.md, \"Install\"";
    private const string Restricted = "restricted";

    /// <summary>The oldest server that has what is needed, that keeps pods to a security standard, and that checks rules in CEL.</summary>
    private const int Oldest = 20;
    private const int HasPodSecurity = 23;
    private const int HasRules = 25;

    /// <summary>Everything that can be said, in the order in which things depend on each other.</summary>
    public static IReadOnlyList<Finding> Evaluate(InstallationFacts facts)
    {
        var findings = new List<Finding>();
        if (facts.Server.Found is not { } server)
        {
            findings.Add(new(FindingLevel.Error, "API server", $"it does not answer as it should: {facts.Server.Message}", $"see that '{facts.Context}' is the cluster that is meant, and that `kubectl version` answers"));
            return findings;
        }

        var isInstalled = facts.Kinds.End != LookEnd.Absent && facts.Namespace.End != LookEnd.Absent;
        findings.AddRange(OfServer(server));
        findings.AddRange(OfRights(facts.Rights, isInstalled));
        findings.AddRange(OfKinds(facts, server));
        findings.AddRange(OfNamespace(facts, server));
        if (isInstalled)
        {
            findings.AddRange(OfDeployment(facts, "manager", facts.Manager));
            findings.AddRange(OfDeployment(facts, "router", facts.Router));
            findings.AddRange(OfDapr(facts));
            findings.AddRange(OfVersions(facts));
            findings.AddRange(OfLease(facts));
            findings.AddRange(OfLeader(facts));
            findings.AddRange(OfPools(facts.Pools));
            findings.AddRange(OfFunctions(facts.Functions));
        }

        return findings;
    }

    private static IEnumerable<Finding> OfServer(ServerFact server)
    {
        if (server.IsBefore(Oldest))
        {
            yield return new(FindingLevel.Error, "API server", $"it is {server.Text}; PodPool needs Kubernetes 1.{Oldest} or later", "use a newer cluster");
            yield break;
        }

        yield return new(FindingLevel.Ok, "API server", $"it answers: {server.Text}");
        if (server.IsBefore(HasRules))
        {
            yield return new(
                FindingLevel.Note, "API server", $"before 1.{HasRules} it checks no rules in CEL: the manager finds what they would refuse, and says so in conditions", "deploy/crds-legacy is for such servers");
        }
    }

    private static IEnumerable<Finding> OfRights(IReadOnlyList<RightFact> rights, bool isInstalled)
    {
        // Who does not install needs no rights for it.
        var wanted = rights.Where(right => right.Right.For.Count > 0 || !isInstalled).ToList();
        var missing = wanted.Where(right => right.IsGiven == false).ToList();
        foreach (var (right, _) in missing)
        {
            yield return right.For.Count == 0
                ? new(FindingLevel.Warning, "rights", $"you may not {right}, which installing needs", "let someone install it who administers the cluster")
                : new(
                    FindingLevel.Warning,
                    "rights",
                    $"you may not {right}, which {string.Join(", ", right.For.Select(verb => $"`podpool {verb}`"))} need{(right.For.Count == 1 ? "s" : "")}",
                    right.Resource == "functions" ? "be bound to the ClusterRole podpool-edit there" : "be bound to the Role podpool-operator there");
        }

        if (wanted.Count > 0 && missing.Count == 0)
        {
            yield return new(FindingLevel.Ok, "rights", isInstalled ? "you have those that the verbs of podpool need" : "you have those that installing needs");
        }

        if (wanted.Any(right => right.IsGiven is null))
        {
            yield return new(FindingLevel.Note, "rights", "the API server does not say which rights you have");
        }
    }

    private static IEnumerable<Finding> OfKinds(InstallationFacts facts, ServerFact server)
    {
        var apply = $"kubectl apply -k deploy/crds{(server.IsBefore(HasRules) ? "-legacy" : "")}";
        if (facts.Kinds.End == LookEnd.Absent)
        {
            yield return new(FindingLevel.Error, "custom resources", $"{CustomResources.ApiVersion} is not installed", apply);
            yield break;
        }

        foreach (var (name, actual, wanted) in facts.Schemas)
        {
            switch (actual)
            {
                case { End: LookEnd.Absent }:
                    yield return new(FindingLevel.Error, "custom resources", $"{name} is not installed", apply);
                    break;
                case { Found: null }:
                    // Whether it is served is seen without that right.
                    yield return new(FindingLevel.Note, "custom resources", $"{name}: you may not see its schema ({actual.Message})");
                    break;
                case { Found: { IsEstablished: false } }:
                    yield return new(FindingLevel.Error, "custom resources", $"{name} is not established", $"`kubectl describe crd {name}` says why");
                    break;
                case { Found: { } found }:
                    yield return OfSchema(name, found, wanted, server, apply);
                    break;
                default:
                    break;
            }
        }

        foreach (var subresource in (string[])["functions/status", "runtimepools/status", "runtimepools/scale"])
        {
            if (facts.Kinds.Found is { } kinds && kinds.Contains(subresource[..subresource.IndexOf('/', StringComparison.Ordinal)]) && !kinds.Contains(subresource))
            {
                yield return new(FindingLevel.Error, "custom resources", $"there is no {subresource}", apply);
            }
        }
    }

    private static Finding OfSchema(string name, SchemaFact actual, SchemaFact wanted, ServerFact server, string apply)
    {
        var missing = wanted.Fields.Except(actual.Fields).Order(StringComparer.Ordinal).ToList();
        var more = actual.Fields.Except(wanted.Fields).Order(StringComparer.Ordinal).ToList();
        return missing.Count > 0 ? new(FindingLevel.Error, "custom resources", $"{name} is of an older version: it lacks {Some(missing)}", apply)
            : more.Count > 0 ? new(FindingLevel.Note, "custom resources", $"{name} is of a newer version: it has {Some(more)}", "use the podpool of that version")
            : !actual.HasRules && !server.IsBefore(HasRules) ? new(FindingLevel.Warning, "custom resources", $"{name} has no rules in CEL, as for old servers; this one can check them", apply)
            : new(FindingLevel.Ok, "custom resources", $"{name} is established, and of this version");
    }

    private static IEnumerable<Finding> OfNamespace(InstallationFacts facts, ServerFact server)
    {
        var name = facts.Installation;
        switch (facts.Namespace)
        {
            case { End: LookEnd.Absent }:
                yield return new(FindingLevel.Error, "namespace", $"there is no namespace '{name}': PodPool is not installed there", $"{Install}; or name its namespace with --installation");
                break;
            case { Found: null }:
                yield return new(FindingLevel.Note, "namespace", $"you may not see the namespace '{name}' ({facts.Namespace.Message})");
                break;
            case { Found.PodSecurity: null }:
                yield return new(
                    FindingLevel.Warning,
                    "namespace",
                    $"'{name}' enforces no pod security standard",
                    $"kubectl label namespace {name} pod-security.kubernetes.io/enforce={Restricted}");
                break;
            case { Found.PodSecurity: not Restricted and var standard }:
                yield return new(
                    FindingLevel.Warning,
                    "namespace",
                    $"'{name}' enforces the pod security standard '{standard}'; everything of PodPool's runs under '{Restricted}'",
                    $"kubectl label --overwrite namespace {name} pod-security.kubernetes.io/enforce={Restricted}");
                break;
            case { Found: not null } when server.IsBefore(HasPodSecurity):
                yield return new(FindingLevel.Note, "namespace", $"'{name}' says that it enforces '{Restricted}', which a server before 1.{HasPodSecurity} does not do");
                break;
            default:
                yield return new(FindingLevel.Ok, "namespace", $"'{name}' enforces the pod security standard '{Restricted}'");
                break;
        }
    }

    private static IEnumerable<Finding> OfDeployment(InstallationFacts facts, string part, Look<DeploymentFact> look)
    {
        var see = $"see `kubectl -n {facts.Installation} describe deployment/podpool-{part}`, and its pods";
        yield return look switch
        {
            { End: LookEnd.Absent } => new(FindingLevel.Error, part, $"there is no Deployment podpool-{part} in '{facts.Installation}'", Install),
            { Found: null } => new(FindingLevel.Note, part, $"you may not see the Deployment podpool-{part} ({look.Message})"),
            { Found: { Wanted: 0 } } => new(FindingLevel.Error, part, $"the Deployment podpool-{part} is scaled to none", $"kubectl -n {facts.Installation} scale deployment/podpool-{part} --replicas=2"),
            { Found: { Ready: 0 } found } => new(FindingLevel.Error, part, Text($"none of {found.Wanted} is ready"), see),
            { Found: { } found } when found.Ready < found.Wanted => new(FindingLevel.Warning, part, Text($"{found.Ready} of {found.Wanted} are ready"), see),
            { Found: { } found } => new(FindingLevel.Ok, part, Text($"{found.Ready} of {found.Wanted} are ready: {found.Image}")),
        };
    }

    /// <summary>Nobody has to have it but for functions that use it.</summary>
    private static IEnumerable<Finding> OfDapr(InstallationFacts facts)
    {
        const string About = "Dapr";
        var see = $"see `kubectl -n {facts.Installation} describe daemonset/podpool-dapr`, and its pods";
        var users = facts.Functions.Found?.Where(function => function.UsesDapr).Select(function => function.Name).ToList() ?? [];
        switch (facts.Dapr)
        {
            case { End: LookEnd.Absent } when users.Count > 0:
                yield return new(
                    FindingLevel.Warning, About, $"{users[0]}{(users.Count > 1 ? Text($" and {users.Count - 1} more use") : " uses")} it, and there is no DaemonSet podpool-dapr in '{facts.Installation}': they are not started",
                    "deploy/README.md, \"Dapr\"");
                break;
            case { Found: null }:
                break;
            case { Found: { } found } when found.Ready < found.Wanted:
                yield return new(FindingLevel.Warning, About, Text($"{found.Ready} of {found.Wanted} nodes have a door that is ready"), see);
                break;
            case { Found: { } found }:
                yield return new(FindingLevel.Ok, About, Text($"{found.Ready} of {found.Wanted} nodes have a door that is ready: {found.Image}"));
                break;
        }
    }

    private static IEnumerable<Finding> OfVersions(InstallationFacts facts)
    {
        if (facts.Manager.Found is { } manager && facts.Router.Found is { } router && TagOf(manager.Image) != TagOf(router.Image))
        {
            yield return new(FindingLevel.Warning, "versions", $"manager and router are of different versions: {manager.Image} and {router.Image}", "apply one version of your overlay to both");
        }

        if (facts.Leader.Found is { } leader && leader.Version != facts.Version)
        {
            yield return new(FindingLevel.Note, "versions", $"the manager is version {leader.Version}, this podpool {facts.Version}", "use the podpool of the installation's version");
        }
    }

    private static IEnumerable<Finding> OfLease(InstallationFacts facts)
    {
        var see = $"see the log of the managers: `kubectl -n {facts.Installation} logs deployment/podpool-manager --all-containers`";
        yield return facts.Lease switch
        {
            { End: LookEnd.Absent } => new(FindingLevel.Error, "leader", "no manager ever led: there is no Lease podpool-manager", see),
            { Found: null } => new(FindingLevel.Note, "leader", $"you may not see who leads ({facts.Lease.Message})"),
            { Found: { Holder: null } } => new(FindingLevel.Error, "leader", "no manager leads", see),
            { Found: { IsRenewed: false, Holder: var holder } } => new(FindingLevel.Error, "leader", $"{holder} holds the lease and does not renew it, and nobody takes it", see),
            { Found: { Holder: var holder } } => new(FindingLevel.Ok, "leader", $"{holder} leads, and renews its lease"),
        };
    }

    private static IEnumerable<Finding> OfLeader(InstallationFacts facts)
    {
        switch (facts.Leader)
        {
            case { End: LookEnd.Unknown } look:
                yield return new(FindingLevel.Warning, "registry", $"the manager cannot be asked for its registry, and takes no packages: {look.Message}", "deploy/README.md, \"Upgrade\"");
                break;
            case { End: LookEnd.Denied or LookEnd.Failed } look:
                yield return new(
                    look.End == LookEnd.Denied ? FindingLevel.Note : FindingLevel.Error, "registry", $"the manager cannot be asked for its registry: {look.Message}", "`podpool list` needs the same way to it");
                break;
            case { Found: { Registry: "" } }:
                yield return new(FindingLevel.Warning, "registry", "the installation names none: `podpool deploy` has nowhere to put packages", "deploy/README.md, \"Change\", says where it is named");
                break;
            case { Found: { RegistryProblem: { Length: > 0 } problem } found }:
                yield return new(FindingLevel.Error, "registry", $"{found.Registry} does not serve the manager: {problem}", $"see `kubectl -n {facts.Installation} get pods`, or the registry that it names");
                break;
            case { Found: { } found }:
                yield return new(FindingLevel.Ok, "registry", $"{found.Registry} answers the manager");
                break;
            default:
                break;
        }
    }

    private static IEnumerable<Finding> OfPools(Look<IReadOnlyList<ObjectFact>> look)
    {
        if (look.Found is not { } pools)
        {
            yield return new(FindingLevel.Note, "pools", $"you may not see them ({look.Message})");
            yield break;
        }

        if (pools.Count == 0)
        {
            yield return new(FindingLevel.Error, "pools", "there is no RuntimePool: no function can start", "apply deploy/base/pool.yaml, or one of your own");
        }

        foreach (var pool in pools)
        {
            var see = $"see `kubectl describe runtimepool` for {pool.Name}, and its pods";
            if (pool[ConditionTypes.Ready] is not { } ready)
            {
                yield return new(FindingLevel.Error, "pools", $"{pool.Name}: no manager has looked at it", "see who leads");
                continue;
            }

            yield return ready.Status switch
            {
                ResourceCondition.True => new(FindingLevel.Ok, "pools", $"{pool.Name}: {pool.Summary}"),
                _ => new(FindingLevel.Error, "pools", $"{pool.Name} is not ready: {Said(ready)}", see),
            };
            if (pool[ConditionTypes.Degraded] is { Status: ResourceCondition.True } degraded)
            {
                yield return new(FindingLevel.Warning, "pools", $"{pool.Name} is degraded: {Said(degraded)}", see);
            }
        }
    }

    private static IEnumerable<Finding> OfFunctions(Look<IReadOnlyList<ObjectFact>> look)
    {
        if (look.Found is not { } functions)
        {
            yield return new(FindingLevel.Note, "functions", $"you may not see them ({look.Message})");
            yield break;
        }

        var ready = 0;
        foreach (var function in functions)
        {
            foreach (var way in function.Conditions.Where(condition => condition is { Type: ConditionTypes.ServiceReady or ConditionTypes.RouteReady, Status: ResourceCondition.False }))
            {
                yield return new(FindingLevel.Warning, "functions", $"{function.Name} is not reached on every way: {Said(way)}");
            }

            switch (function[ConditionTypes.Ready])
            {
                case { Status: ResourceCondition.True } when function.ObservedGeneration >= function.Generation:
                    ready++;
                    break;
                case { Status: ResourceCondition.False } condition:
                    yield return new(FindingLevel.Warning, "functions", $"{function.Name} is not ready: {Said(condition)}", $"`podpool describe {function.Name}` says more");
                    break;
                default:
                    yield return new(FindingLevel.Note, "functions", $"{function.Name}: no manager has looked at its newest state yet");
                    break;
            }
        }

        if (ready > 0)
        {
            yield return new(FindingLevel.Ok, "functions", ready == 1 ? "1 is ready" : Text($"{ready} are ready"));
        }
    }

    private static string Said(ResourceCondition condition) => condition.Message is { Length: > 0 } message ? $"{message} ({condition.Reason})" : condition.Reason;

    private static string Some(List<string> fields)
        => fields.Count <= 3 ? string.Join(", ", fields) : Text($"{string.Join(", ", fields.Take(3))} and {fields.Count - 3} more");

    /// <summary>What is behind the last colon, if that is no port's.</summary>
    private static string TagOf(string image)
    {
        var name = image.Split('@')[0];
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[(colon + 1)..] : "";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
