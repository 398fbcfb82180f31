namespace PodPool.Contracts;

/// <summary>The name of the function that is called before any caller comes: its requests are nobody's, and are not counted.</summary>
public static class RehearsalFunction
{
    public const string Namespace = "podpool";

    public const string Name = "rehearsal";
}
