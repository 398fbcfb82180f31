namespace PodPool.DaprProxy.Inbound;

/// <summary>What became of an event at a function.</summary>
internal enum EventOutcome
{
    /// <summary>It was handled.</summary>
    Success,

    /// <summary>It shall come again.</summary>
    Retry,

    /// <summary>The function does not want it.</summary>
    Drop,

    /// <summary>Nothing ran: the function has no instance now, or none could be reached.</summary>
    NotDelivered,
}
