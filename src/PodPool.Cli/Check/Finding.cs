namespace PodPool.Cli.Check;

/// <summary>How much a finding matters.</summary>
internal enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Good to know; nothing need be done.</summary>
    Note,

    /// <summary>It works, but not all of it, or not for this user.</summary>
    Warning,

    /// <summary>It does not work.</summary>
    Error,
}

/// <summary>Something that can be said of an installation.</summary>
/// <param name="Level">How much it matters.</param>
/// <param name="About">The part it is about.</param>
/// <param name="Message">What is so.</param>
/// <param name="Remedy">What to do about it; empty: nothing.</param>
internal sealed record Finding(FindingLevel Level, string About, string Message, string Remedy = "");
