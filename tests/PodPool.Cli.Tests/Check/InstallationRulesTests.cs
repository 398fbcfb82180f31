using PodPool.Cli.Check;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Tests.Check;

public sealed class InstallationRulesTests
{
    private static readonly InstallationFacts Sound = new()
    {
        Context = "c",
        Installation = "podpool-system",
        Version = "0.1.0",
        Server = Look<ServerFact>.At(new(1, 31, "v1.31.0")),
        Rights = [new(new("patch", "podpool.dev", "functions", "shop", ["deploy"]), true), new(new("create", "", "namespaces", null, []), false)],
        Kinds = Look<IReadOnlySet<string>>.At(new HashSet<string> { "functions", "functions/status", "runtimepools", "runtimepools/status", "runtimepools/scale" }),
        Schemas = [.. Schemas.Wanted.Select(wanted => new SchemaLook(wanted.Key, Look<SchemaFact>.At(wanted.Value with { IsEstablished = true }), wanted.Value))],
        Namespace = Look<NamespaceFact>.At(new("restricted")),
        Manager = Look<DeploymentFact>.At(new(2, 2, "podpool.dev/manager:0.1.0")),
        Router = Look<DeploymentFact>.At(new(2, 2, "podpool.dev/router:0.1.0")),
        Lease = Look<LeaseFact>.At(new("m1", true)),
        Leader = Look<ManagerFact>.At(new("0.1.0", "http://r:5000", "")),
        Pools = Objects(Named("podpool-system/default", Is("Ready", true))),
        Functions = Objects(Named("shop/hello", Is("Ready", true))),
    };

    [Fact]
    public void Where_all_is_well_everything_is_said_to_be_so()
    {
        var findings = InstallationRules.Evaluate(Sound);

        Assert.All(findings, finding => Assert.True(finding.Level == FindingLevel.Ok, finding.ToString()));
        Assert.Equal(
            ["API server", "rights", "custom resources", "custom resources", "namespace", "manager", "router", "leader", "registry", "pools", "functions"],
            findings.Select(finding => finding.About));
    }

    [Fact]
    public void Dapr_is_missed_by_functions_that_use_it_alone()
    {
        var uses = Sound with { Functions = Objects(Named("shop/cart", Is("Ready", true)) with { UsesDapr = true }, Named("shop/hello", Is("Ready", true))) };
        Expect(InstallationRules.Evaluate(uses), FindingLevel.Warning, "Dapr", "shop/cart uses it, and there is no DaemonSet podpool-dapr in 'podpool-system'");
        Expect(InstallationRules.Evaluate(uses with { Dapr = Look<DeploymentFact>.At(new(2, 1, "i")) }), FindingLevel.Warning, "Dapr", "1 of 2 nodes");
        Expect(InstallationRules.Evaluate(uses with { Dapr = Look<DeploymentFact>.At(new(2, 2, "i")) }), FindingLevel.Ok, "Dapr", "2 of 2 nodes");
        Assert.DoesNotContain(InstallationRules.Evaluate(Sound), finding => finding.About == "Dapr");
    }

    [Fact]
    public void Of_a_server_that_does_not_answer_nothing_else_is_said()
        => Assert.Equal(
            (FindingLevel.Error, "API server"),
            Assert.Single(InstallationRules.Evaluate(Sound with { Server = new(LookEnd.Failed, null, "refused") }).Select(finding => (finding.Level, finding.About))));

    [Fact]
    public void Before_an_installation_the_rights_that_it_needs_count_and_its_parts_are_not_missed()
    {
        var findings = InstallationRules.Evaluate(Sound with { Kinds = Look<IReadOnlySet<string>>.Absent, Namespace = Look<NamespaceFact>.Absent, Manager = Look<DeploymentFact>.Absent });

        Expect(findings, FindingLevel.Warning, "rights", "you may not create namespaces, which installing needs");
        Expect(findings, FindingLevel.Error, "custom resources", "podpool.dev/v1alpha1 is not installed");
        Expect(findings, FindingLevel.Error, "namespace", "there is no namespace 'podpool-system'");
        Assert.DoesNotContain(findings, finding => finding.About is "manager" or "leader" or "pools");
    }

    [Fact]
    public void An_old_server_is_noted_and_needs_no_rules()
    {
        var findings = InstallationRules.Evaluate(Sound with
        {
            Server = Look<ServerFact>.At(new(1, 20, "v1.20.2")),
            Schemas = [.. Sound.Schemas.Select(schema => schema with { Actual = Look<SchemaFact>.At(schema.Actual.Found! with { HasRules = false }) })],
        });

        Expect(findings, FindingLevel.Note, "API server", "CEL");
        Expect(findings, FindingLevel.Note, "namespace", "before 1.23");
        Assert.DoesNotContain(findings, finding => finding.Level >= FindingLevel.Warning);
        Expect(InstallationRules.Evaluate(Sound with { Server = Look<ServerFact>.At(new(1, 19, "v1.19.0")) }), FindingLevel.Error, "API server", "1.20 or later");
    }

    [Fact]
    public void A_missing_right_names_the_verbs_that_need_it_and_the_role_that_has_it()
    {
        var finding = Expect(
            InstallationRules.Evaluate(Sound with { Rights = [new(new("get", "", "pods/portforward", "podpool-system", ["list", "deploy"]), false)] }),
            FindingLevel.Warning,
            "rights",
            "you may not get pods/portforward in the namespace 'podpool-system', which `podpool list`, `podpool deploy` need");

        Assert.Contains("podpool-operator", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Schemas_of_other_versions_are_told_by_their_fields()
    {
        var wanted = Schemas.Wanted["functions.podpool.dev"];
        InstallationFacts With(SchemaFact actual) => Sound with { Schemas = [new("functions.podpool.dev", Look<SchemaFact>.At(actual), wanted)] };

        Expect(
            InstallationRules.Evaluate(With(wanted with { IsEstablished = true, Fields = wanted.Fields.Where(field => field != "spec.package.pullSecret").ToHashSet() })),
            FindingLevel.Error,
            "custom resources",
            "it lacks spec.package.pullSecret");
        Expect(InstallationRules.Evaluate(With(wanted with { IsEstablished = true, Fields = wanted.Fields.Append("spec.more").ToHashSet() })), FindingLevel.Note, "custom resources", "it has spec.more");
        Expect(InstallationRules.Evaluate(With(wanted with { IsEstablished = true, HasRules = false })), FindingLevel.Warning, "custom resources", "no rules in CEL");
        Expect(InstallationRules.Evaluate(With(wanted)), FindingLevel.Error, "custom resources", "not established");
    }

    [Fact]
    public void What_does_not_run_is_an_error_and_what_runs_in_part_a_warning()
    {
        Expect(InstallationRules.Evaluate(Sound with { Manager = Look<DeploymentFact>.At(new(2, 0, "i")) }), FindingLevel.Error, "manager", "none of 2 is ready");
        Expect(InstallationRules.Evaluate(Sound with { Router = Look<DeploymentFact>.At(new(2, 1, "i")) }), FindingLevel.Warning, "router", "1 of 2 are ready");
        Expect(InstallationRules.Evaluate(Sound with { Router = Look<DeploymentFact>.At(new(2, 2, "localhost:5000/router:0.2.0")) }), FindingLevel.Warning, "versions", "different versions");
        Expect(InstallationRules.Evaluate(Sound with { Lease = Look<LeaseFact>.At(new(null, false)) }), FindingLevel.Error, "leader", "no manager leads");
        Expect(InstallationRules.Evaluate(Sound with { Lease = Look<LeaseFact>.At(new("m1", false)) }), FindingLevel.Error, "leader", "does not renew");
        Expect(InstallationRules.Evaluate(Sound with { Leader = Look<ManagerFact>.At(new("0.1.0", "http://r", "no route")) }), FindingLevel.Error, "registry", "no route");
        Expect(InstallationRules.Evaluate(Sound with { Leader = Look<ManagerFact>.At(new("0.1.0", "", "")) }), FindingLevel.Warning, "registry", "names none");
        Expect(InstallationRules.Evaluate(Sound with { Leader = Look<ManagerFact>.At(new("0.2.0", "http://r", "")) }), FindingLevel.Note, "versions", "0.2.0");
        Expect(InstallationRules.Evaluate(Sound with { Namespace = Look<NamespaceFact>.At(new(null)) }), FindingLevel.Warning, "namespace", "no pod security standard");
    }

    [Fact]
    public void Pools_and_functions_are_told_by_their_conditions()
    {
        Expect(InstallationRules.Evaluate(Sound with { Pools = Objects() }), FindingLevel.Error, "pools", "no RuntimePool");
        Expect(InstallationRules.Evaluate(Sound with { Pools = Objects(Named("a/b", Is("Ready", false))) }), FindingLevel.Error, "pools", "a/b is not ready: because (Why)");
        Expect(InstallationRules.Evaluate(Sound with { Pools = Objects(Named("a/b", Is("Ready", true), Is("Degraded", true))) }), FindingLevel.Warning, "pools", "a/b is degraded");
        Expect(InstallationRules.Evaluate(Sound with { Functions = Objects(Named("a/b", Is("Ready", false))) }), FindingLevel.Warning, "functions", "a/b is not ready: because (Why)");
        Expect(InstallationRules.Evaluate(Sound with { Functions = Objects(Named("a/b", Is("Ready", true)) with { Generation = 2 }) }), FindingLevel.Note, "functions", "newest state");
        Expect(
            InstallationRules.Evaluate(Sound with { Functions = Objects(Named("a/b", Is("Ready", true), Is("ServiceReady", true), Is("RouteReady", false))) }),
            FindingLevel.Warning, "functions", "a/b is not reached on every way: because (Why)");
    }

    [Fact]
    public void What_may_not_be_seen_is_no_fault_of_the_installation()
    {
        var findings = InstallationRules.Evaluate(Sound with
        {
            Schemas = [.. Sound.Schemas.Select(schema => schema with { Actual = new(LookEnd.Denied, null, "forbidden") })],
            Namespace = new(LookEnd.Denied, null, "forbidden"),
            Manager = new(LookEnd.Denied, null, "forbidden"),
            Lease = new(LookEnd.Denied, null, "forbidden"),
            Leader = new(LookEnd.Denied, null, "forbidden"),
            Pools = new(LookEnd.Denied, null, "forbidden"),
            Functions = new(LookEnd.Denied, null, "forbidden"),
        });

        Assert.DoesNotContain(findings, finding => finding.Level >= FindingLevel.Warning);
    }

    [Fact]
    public void A_schema_is_read_alike_from_a_file_and_from_a_server()
    {
        using var json = new StringReader("""
            {"spec":{"versions":[{"name":"v1alpha1","schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":
              {"env":{"type":"array","items":{"type":"object","x-kubernetes-validations":[{"rule":"true"}],"properties":{"name":{"type":"string"}}}}}}}}}}]},
             "status":{"conditions":[{"type":"Established","status":"True"}]}}
            """);
        var schema = Schemas.Read(json);

        Assert.True(schema is { IsEstablished: true, HasRules: true });
        Assert.Equal(["spec", "spec.env", "spec.env.name"], schema.Fields.Order());
        Assert.Contains("spec.template.spec", Schemas.Wanted["runtimepools.podpool.dev"].Fields);
    }

    private static Finding Expect(IReadOnlyList<Finding> findings, FindingLevel level, string about, string words)
    {
        var found = findings.FirstOrDefault(finding => finding.Level == level && finding.About == about && finding.Message.Contains(words, StringComparison.Ordinal));
        Assert.True(found is not null, string.Join('\n', findings));
        return found;
    }

    private static Look<IReadOnlyList<ObjectFact>> Objects(params ObjectFact[] facts) => Look<IReadOnlyList<ObjectFact>>.At(facts);

    private static ObjectFact Named(string name, params ResourceCondition[] conditions) => new(name, 1, 1, "", conditions);

    private static ResourceCondition Is(string type, bool holds) => new()
    {
        Type = type, Status = holds ? ResourceCondition.True : ResourceCondition.False, Reason = "Why", Message = "because", LastTransitionTime = default,
    };
}
