using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace PodPool.Runtime.Applications;

/// <summary>
/// Runs a program's own entry point on a thread of its own, and steps in where its host is built. Microsoft.Extensions.Hosting
/// announces that through the diagnostic listener of its name: how tools run an unmodified program.
/// </summary>
internal sealed class ProgramRun(MethodInfo main, Action<IHostBuilder> onBuilding)
    : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    /// <summary>Set on the program's thread and what it starts: events of other hosts in this process are not ours.</summary>
    private static readonly AsyncLocal<ProgramRun?> Current = new();

    private readonly TaskCompletionSource<IHost> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IDisposable? _subscription;

    /// <summary>The program's host, once it is built.</summary>
    public Task<IHost> Built => _built.Task;

    /// <summary>The program's exit code; or what it threw.</summary>
    public Task<int> Ended => _ended.Task;

    public void Start()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = "Main" };
        thread.UnsafeStart();
    }

    void IObserver<DiagnosticListener>.OnNext(DiagnosticListener value)
    {
        if (Current.Value == this && value.Name == "Microsoft.Extensions.Hosting")
        {
            _subscription = value.Subscribe(this);
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> value)
    {
        if (Current.Value != this)
        {
            return;
        }

        if (value is { Key: "HostBuilding", Value: IHostBuilder builder } && !_built.Task.IsCompleted)
        {
            onBuilding(builder);
        }
        else if (value is { Key: "HostBuilt", Value: IHost host })
        {
            _built.TrySetResult(host);
        }
    }

    void IObserver<DiagnosticListener>.OnCompleted() => _subscription?.Dispose();

    void IObserver<DiagnosticListener>.OnError(Exception error) => _subscription?.Dispose();

    void IObserver<KeyValuePair<string, object?>>.OnCompleted() => _subscription?.Dispose();

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error) => _subscription?.Dispose();

    private void Run()
    {
        Current.Value = this;
        using var all = DiagnosticListener.AllListeners.Subscribe(this);
        try
        {
            var result = main.Invoke(
                null, BindingFlags.DoNotWrapExceptions, null, main.GetParameters().Length == 0 ? null : [Array.Empty<string>()], null);
            _ended.TrySetResult(result is int code ? code : 0);
        }
        catch (Exception exception)
        {
            _ended.TrySetException(exception);
            _ = _ended.Task.Exception;
        }
        finally
        {
            _subscription?.Dispose();
        }
    }
}
