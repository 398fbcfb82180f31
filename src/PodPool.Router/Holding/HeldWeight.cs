namespace PodPool.Router.Holding;

/// <summary>What a held request keeps in memory: its head, and what of its body the server takes in before anybody reads it.</summary>
internal static class HeldWeight
{
    /// <summary>Strings in memory are twice as long as on the wire.</summary>
    private const int BytesPerCharacter = 2;

    public static long Of(HttpRequest request, int bodyBuffer)
    {
        long characters = (request.Path.Value?.Length ?? 0) + (request.QueryString.Value?.Length ?? 0);
        foreach (var (name, values) in request.Headers)
        {
            characters += name.Length;
            foreach (var value in values)
            {
                characters += value?.Length ?? 0;
            }
        }

        var hasBody = request.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        return (characters * BytesPerCharacter) + (hasBody ? Math.Min(request.ContentLength ?? bodyBuffer, bodyBuffer) : 0);
    }
}
