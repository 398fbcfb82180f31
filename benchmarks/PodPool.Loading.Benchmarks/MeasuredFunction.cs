namespace PodPool.Loading.Benchmarks;

/// <summary>A function that is loaded, and where its project is.</summary>
/// <param name="Project">From the repository's root.</param>
/// <param name="Assembly">Without <c>.dll</c>.</param>
/// <param name="Type">The class that implements <see cref="Functions.IHttpFunction"/>.</param>
internal sealed record MeasuredFunction(string Project, string Assembly, string Type)
{
    public static MeasuredFunction Hello { get; } = new("src/samples/Hello", "Hello", "Hello.HelloFunction");

    public static MeasuredFunction Methods400 { get; } = new("src/samples/Methods400", "Methods400", "Methods400.VatReturnFunction");

    /// <summary>What pods rehearse with, so that the matrix tells what that is worth.</summary>
    public static MeasuredFunction Rehearsal { get; } = new("src/PodPool.Rehearsal", "PodPool.Rehearsal", "PodPool.Rehearsal.HttpRehearsal");

    public static MeasuredFunction Named(string sample) => sample == nameof(Hello) ? Hello : Methods400;
}
