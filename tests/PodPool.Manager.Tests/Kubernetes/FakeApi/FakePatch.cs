using System.Text.Json.Nodes;

namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>What patches do to JSON.</summary>
internal static class FakePatch
{
    /// <summary>RFC 7396.</summary>
    public static JsonObject Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner)
            {
                target[name] = Merge(target[name] as JsonObject is { } there ? there.DeepClone().AsObject() : [], inner);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }

        return target;
    }

    /// <summary>
    /// Server-side apply, simplified: lists are replaced whole, and nobody's claim to a field is respected (as with force). What the
    /// manager named before and no longer names goes.
    /// </summary>
    public static JsonObject Apply(JsonObject target, JsonObject applied, JsonObject? before)
    {
        if (before is not null)
        {
            RemoveMissing(target, before, applied);
        }

        return Merge(target, applied);
    }

    private static void RemoveMissing(JsonObject target, JsonObject before, JsonObject now)
    {
        foreach (var (name, old) in before)
        {
            if (old is JsonObject oldInner && target[name] is JsonObject targetInner)
            {
                RemoveMissing(targetInner, oldInner, now[name] as JsonObject ?? []);
                if (targetInner.Count == 0 && !now.ContainsKey(name))
                {
                    target.Remove(name);
                }
            }
            else if (!now.ContainsKey(name))
            {
                target.Remove(name);
            }
        }
    }
}
