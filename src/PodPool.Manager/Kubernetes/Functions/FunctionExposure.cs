using k8s;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Watching;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>How objects of any kind are kept, one for each function: what somebody else made is never written to, and what cannot be had is said.</summary>
internal abstract partial class FunctionExposure<T> : IFunctionExposure, IInformerHandler<T>, IDisposable
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const string ManagedBy = "app.kubernetes.io/managed-by";
    private const string PartOf = "app.kubernetes.io/part-of";
    private const string Product = "podpool";

    private readonly ILogger _logger;

    /// <param name="api">The cluster.</param>
    /// <param name="namespace">Where all the objects are; null: each in its function's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Told of trouble.</param>
    protected FunctionExposure(KubernetesApi api, string? @namespace, TimeProvider time, ILoggerFactory loggers)
    {
        _logger = loggers.CreateLogger(GetType());
        Objects = api.Resource<T>();
        Known = new(api.Resource<T>(@namespace, $"{ManagedBy}={Product}"), new(), null, time, loggers.CreateLogger<Informer<T>>());
        Known.Tell(this);
    }

    /// <inheritdoc/>
    public event Action<ObjectName>? Changed;

    /// <inheritdoc/>
    public abstract string ConditionType { get; }

    /// <inheritdoc/>
    public Task Synced => Known.Synced;

    /// <inheritdoc/>
    public virtual IEnumerable<ObjectName> Functions => [];

    /// <summary>The objects that say they are PodPool's.</summary>
    protected Informer<T> Known { get; }

    /// <summary>All of the kind.</summary>
    protected Resource<T> Objects { get; }

    /// <inheritdoc/>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(Known.RunAsync(cancellationToken), WarnAsync(cancellationToken));

    /// <inheritdoc/>
    public async Task<ExposureState> EnsureAsync(FunctionResource function, CancellationToken cancellationToken)
    {
        await Known.Asked.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!Known.Synced.IsCompletedSuccessfully && Known.Failure is { } failure)
        {
            return IsLasting(failure) ? Lacking(failure) : throw new ApiException(failure.Failure, failure.Message, failure);
        }

        if (ObjectOf(function) is not { } wanted)
        {
            await DeleteAsync(ObjectName.Of(function), cancellationToken).ConfigureAwait(false);
            return Made(function);
        }

        var name = ObjectName.Of(wanted);
        wanted.Metadata.Labels = new Dictionary<string, string>(wanted.Metadata.Labels ?? new Dictionary<string, string>()) { [ManagedBy] = Product, [PartOf] = Product };
        try
        {
            switch (Known.Find(name.Namespace, name.Name))
            {
                case null:
                    return await CreateAsync(wanted, cancellationToken).ConfigureAwait(false) ? Made(function) : Taken(name);
                case var known when IsSame(known, wanted):
                    return RefusalOf(known) ?? Made(function);
                case var known:
                    await ApplyAsync(wanted, known, cancellationToken).ConfigureAwait(false);
                    return Made(function);
            }
        }
        catch (ApiException exception) when (IsLasting(exception))
        {
            return Lacking(exception);
        }
    }

    /// <summary>The cluster itself removes what the function owns.</summary>
    public virtual Task RemoveAsync(ObjectName function, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => Known.Dispose();

    void IInformerHandler<T>.Added(T subject) => Tell(subject);

    void IInformerHandler<T>.Changed(T old, T subject)
    {
        // Others write into it what is no news.
        if (!IsSame(old, subject) || RefusalOf(old) != RefusalOf(subject))
        {
            Tell(old);
            Tell(subject);
        }
    }

    void IInformerHandler<T>.Removed(T last) => Tell(last);

    /// <summary>The object that a function should have; null: none.</summary>
    protected abstract T? ObjectOf(FunctionResource function);

    /// <summary>Where a function's object is.</summary>
    protected abstract ObjectName NameOf(ObjectName function);

    /// <summary>Whose an object is; null: no function's.</summary>
    protected abstract ObjectName? FunctionOf(T subject);

    /// <summary>Whether an object says what another one does, as far as this manager says anything.</summary>
    protected abstract bool IsSame(T known, T wanted);

    /// <summary>What is said of a function whose object is as it should be.</summary>
    protected abstract ExposureState Made(FunctionResource function);

    /// <summary>What is said when the object is as it should be, and those whom it is for do not take it; null: nobody says so.</summary>
    protected virtual ExposureState? RefusalOf(T known) => null;

    /// <summary>What is said when somebody else's object has the name.</summary>
    protected abstract ExposureState Taken(ObjectName name);

    /// <summary>What is said when the cluster has no such kind, or this manager no right to it, or the object is not accepted.</summary>
    protected abstract ExposureState Lacking(ApiException exception);

    /// <summary>Deletes a function's object, if one is known.</summary>
    protected async Task DeleteAsync(ObjectName function, CancellationToken cancellationToken)
    {
        var name = NameOf(function);
        if (Known.Find(name.Namespace, name.Name) is { } known && FunctionOf(known) == function)
        {
            await Objects.DeleteAsync(name, known.Metadata.Uid, grace: null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>False: the name is somebody else's.</returns>
    private async Task<bool> CreateAsync(T wanted, CancellationToken cancellationToken)
    {
        try
        {
            await Objects.CreateAsync(wanted, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.AlreadyExists)
        {
            // Perhaps this manager's own, or the last leader's: a watch is always a little behind.
            if (await FindAsync(ObjectName.Of(wanted), cancellationToken).ConfigureAwait(false) is not { } found)
            {
                throw;
            }

            if (found.GetLabel(ManagedBy) != Product)
            {
                return false;
            }

            await ApplyAsync(wanted, found, cancellationToken).ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>Only if it is still that object: its name may be somebody else's by now.</summary>
    private Task<T> ApplyAsync(T wanted, T known, CancellationToken cancellationToken)
    {
        wanted.Metadata.Uid = known.Metadata.Uid;
        return Objects.ApplyAsync(wanted, KubernetesOptions.FieldManager, cancellationToken);
    }

    private async Task<T?> FindAsync(ObjectName name, CancellationToken cancellationToken)
    {
        try
        {
            return await Objects.GetAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.NotFound)
        {
            return null;
        }
    }

    /// <summary>Said once for all functions, in words that name the remedy.</summary>
    private async Task WarnAsync(CancellationToken cancellationToken)
    {
        await Known.Asked.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!Known.Synced.IsCompletedSuccessfully && Known.Failure is { } failure && IsLasting(failure))
        {
            Log.Lacking(_logger, Objects.Kind.Kind, Lacking(failure).Message);
        }
    }

    private void Tell(T subject)
    {
        if (FunctionOf(subject) is { } function)
        {
            Changed?.Invoke(function);
        }
    }

    /// <summary>The same request fails again, until somebody changes the cluster.</summary>
    private static bool IsLasting(ApiException exception) => exception.Failure is ApiFailure.NotFound or ApiFailure.Denied or ApiFailure.Invalid;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "No function has its {Kind}: {Message}", EventName = "Lacking")]
        public static partial void Lacking(ILogger logger, string kind, string message);
    }
}
