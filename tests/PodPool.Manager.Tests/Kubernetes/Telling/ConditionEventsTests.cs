using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Telling;

namespace PodPool.Manager.Tests.Kubernetes.Telling;

public sealed class ConditionEventsTests
{
    [Fact]
    public void What_is_good_from_the_start_or_not_known_yet_is_no_event()
    {
        Assert.Empty(ConditionEvents.Between(null, [Of("Ready", "True", "Ready"), Of("PackageReady", "Unknown", "Pending")]));
        Assert.Empty(ConditionEvents.Between([Of("Ready", "False", "SecretMissing")], [Of("Ready", "Unknown", "Pending")]));
        Assert.Empty(ConditionEvents.Between([Of("Refilling", "True", "BelowSize")], [Of("Refilling", "False", "Full")]));
    }

    [Fact]
    public void What_turns_bad_is_a_warning_with_its_reason_and_remedy()
    {
        var told = Assert.Single(ConditionEvents.Between([Of("Ready", "True", "Ready")], [Of("Ready", "False", "SecretMissing", "create it")]));
        Assert.Equal(new(true, "SecretMissing", "create it"), told);
    }

    [Fact]
    public void What_stays_bad_is_told_again_only_for_another_reason()
    {
        ResourceCondition[] before = [Of("Ready", "False", "SecretMissing", "a")];
        Assert.Empty(ConditionEvents.Between(before, [Of("Ready", "False", "SecretMissing", "b")]));
        Assert.Equal("RegistryUnavailable", Assert.Single(ConditionEvents.Between(before, [Of("Ready", "False", "RegistryUnavailable")])).Reason);
    }

    [Fact]
    public void What_turns_good_again_is_told_and_is_no_warning()
    {
        Assert.Equal(new(false, "Ready", "it can be called"), Assert.Single(ConditionEvents.Between([Of("Ready", "False", "SecretMissing")], [Of("Ready", "True", "Ready", "it can be called")])));
        Assert.Equal("Recovered", Assert.Single(ConditionEvents.Between([Of("Degraded", "True", "ImagePull")], [Of("Degraded", "False", "AsExpected")])).Reason);
    }

    [Fact]
    public void What_two_conditions_say_for_one_reason_is_told_once()
    {
        ResourceCondition[] bad = [Of("Ready", "False", "RegistryUnavailable", "a"), Of("PackageReady", "False", "RegistryUnavailable", "a")];
        ResourceCondition[] good = [Of("Ready", "True", "Ready"), Of("PackageReady", "True", "Fetched")];
        Assert.Equal("RegistryUnavailable", Assert.Single(ConditionEvents.Between(null, bad)).Reason);
        Assert.Equal("Ready", Assert.Single(ConditionEvents.Between(bad, good)).Reason);
    }

    private static ResourceCondition Of(string type, string status, string reason, string? message = null)
        => new() { Type = type, Status = status, Reason = reason, Message = message, LastTransitionTime = DateTimeOffset.UnixEpoch };
}
