using PodPool.DaprStandIn.PubSub;

namespace PodPool.DaprStandIn.Apps;

/// <summary>The application beside daprd, whatever it speaks.</summary>
internal interface IApp : IPostman, IDisposable
{
    /// <summary>What it wants to hear of.</summary>
    /// <exception cref="AppException">It could not be asked, or its answer makes no sense.</exception>
    Task<IReadOnlyList<Subscription>> SubscriptionsAsync(CancellationToken cancellationToken);

    /// <summary>Whether it wants the events of a binding.</summary>
    /// <param name="name">The binding.</param>
    /// <param name="path">The path that they would be posted to.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="AppException">It could not be asked.</exception>
    Task<bool> WantsAsync(string name, string path, CancellationToken cancellationToken);

    /// <summary>Takes a binding's event to it.</summary>
    /// <exception cref="AppException">It did not take it.</exception>
    Task TakeAsync(string name, string path, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken);

    /// <summary>Calls a method of its own.</summary>
    /// <exception cref="AppException">It could not be called.</exception>
    Task<AppAnswer> InvokeAsync(AppCall call, CancellationToken cancellationToken);

    /// <summary>Whether it says that it is well.</summary>
    Task<bool> IsWellAsync(CancellationToken cancellationToken);
}

/// <summary>The application could not be spoken to, or did not do what was asked.</summary>
internal sealed class AppException(string message, Exception? inner = null) : Exception(message, inner);
