namespace PodPool.DaprStandIn.PubSub;

/// <summary>A message of a topic.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Data">An event in its envelope, or what was published without one.</param>
/// <param name="Metadata">What was given when it was published.</param>
internal sealed record ReceivedMessage(string Topic, byte[] Data, IReadOnlyDictionary<string, string> Metadata);

/// <summary>Deals with a message. Until it has, the message is not acknowledged; if it throws, it never is.</summary>
/// <param name="message">The message.</param>
/// <param name="cancellationToken">It took too long, or was stopped.</param>
/// <param name="stopped">It was stopped: nothing is decided of the message.</param>
internal delegate Task MessageHandler(ReceivedMessage message, CancellationToken cancellationToken, CancellationToken stopped);
