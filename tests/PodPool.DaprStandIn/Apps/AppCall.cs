namespace PodPool.DaprStandIn.Apps;

/// <summary>A call of an application's method.</summary>
/// <param name="Verb">The method of HTTP.</param>
/// <param name="Method">The path, without the slash at its beginning.</param>
/// <param name="Query">Without the question mark.</param>
/// <param name="Headers">All but the type of the body.</param>
/// <param name="ContentType">The type of the body; null: not given.</param>
/// <param name="Body">The body.</param>
internal sealed record AppCall(string Verb, string Method, string Query, IReadOnlyList<KeyValuePair<string, string>> Headers, string? ContentType, Stream Body);

/// <summary>What an application answered.</summary>
/// <param name="status">The status of HTTP, or the code of gRPC.</param>
/// <param name="isHttp">Which of them.</param>
/// <param name="body">The body, read as it comes.</param>
/// <param name="held">What is kept open as long as the body is read.</param>
internal sealed class AppAnswer(int status, bool isHttp, Stream body, IDisposable? held = null) : IDisposable
{
    public int Status { get; } = status;

    public bool IsHttp { get; } = isHttp;

    public Stream Body { get; } = body;

    public string? ContentType { get; init; }

    /// <summary>All but the type and length of the body.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>What an application of gRPC says went wrong; null: nothing.</summary>
    public string? Fault { get; init; }

    public void Dispose()
    {
        Body.Dispose();
        held?.Dispose();
    }
}
