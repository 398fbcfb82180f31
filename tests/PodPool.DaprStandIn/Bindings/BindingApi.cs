using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.Errors;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Bindings;

/// <summary>What both APIs do with output bindings (dapr/dapr pkg/runtime/processor/binding/send.go).</summary>
internal sealed class BindingApi(ComponentSet components)
{
    private static readonly string[] Operations = ["create", "delete", "get", "increment"];

    /// <returns>What the binding answered; null: nothing.</returns>
    /// <exception cref="DaprException">There is no such binding, it cannot do that, or it failed.</exception>
    public async Task<byte[]?> InvokeAsync(string name, string operation, byte[] data, IReadOnlyDictionary<string, string> metadata)
    {
        if (operation.Length == 0)
        {
            throw OtherErrors.Binding(name, "operation field is missing from request");
        }

        if (!components.OutputBindings.TryGetValue(name, out var binding))
        {
            throw OtherErrors.Binding(name, $"couldn't find output binding {name}");
        }

        if (!Operations.Contains(operation))
        {
            throw OtherErrors.Binding(name, $"binding {name} does not support operation {operation}. supported operations:{string.Join(' ', Operations)}");
        }

        try
        {
            return await binding.InvokeAsync(operation, data, metadata);
        }
        catch (Exception exception) when (exception is FormatException or RedisException)
        {
            throw OtherErrors.Binding(name, exception.Message);
        }
    }
}
