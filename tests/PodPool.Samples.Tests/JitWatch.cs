using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Reflection.Emit;

namespace PodPool.Samples.Tests;

/// <summary>Collects the names of the methods that the JIT compiles while it watches.</summary>
/// <remarks>Code that was compiled ahead does not show up here; that is the point.</remarks>
internal sealed class JitWatch : EventListener
{
    private const EventKeywords Jit = (EventKeywords)0x10;

    private readonly ConcurrentDictionary<string, bool> _methods = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _endName = $"End{Guid.NewGuid():N}";

    /// <summary>The methods whose full name begins with <paramref name="prefix"/>, all of them: events come late, so this waits for the last.</summary>
    public async Task<IReadOnlyList<string>> MethodsOfAsync(string prefix, CancellationToken cancellationToken)
    {
        // Events come in order: once this method's has come, all that were before it have.
        var marker = new DynamicMethod(_endName, typeof(int), []);
        var code = marker.GetILGenerator();
        code.Emit(OpCodes.Ldc_I4_0);
        code.Emit(OpCodes.Ret);
        marker.CreateDelegate<Func<int>>()();
        await _end.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
        return [.. _methods.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, Jit);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("MethodLoadVerbose", StringComparison.Ordinal) is not true || eventData.Payload is null)
        {
            return;
        }

        // MethodLoadVerbose_V1: namespace, name and signature are the seventh to ninth fields.
        if (eventData.Payload[7] as string == _endName)
        {
            _end.TrySetResult();
            return;
        }

        _methods.TryAdd($"{eventData.Payload[6]}.{eventData.Payload[7]} {eventData.Payload[8]}", true);
    }
}
