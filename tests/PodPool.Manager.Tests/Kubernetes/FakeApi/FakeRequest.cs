using Microsoft.AspNetCore.Http;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>A request, understood.</summary>
/// <param name="User">By its bearer token.</param>
/// <param name="Verb">As in a role.</param>
/// <param name="Below">A subresource; null: the object itself.</param>
/// <param name="ContentType">Of the body; null: there is none.</param>
internal sealed record FakeRequest(string User, string Verb, FakeKind Kind, string Namespace, string? Name, string? Below, IQueryCollection Query, string? ContentType)
{
    public ObjectName ObjectName => new(Namespace, Name!);

    public FakeSelector Selector => new(Namespace, Query["labelSelector"], Query["fieldSelector"]);

    /// <returns>Null: that is no path of objects.</returns>
    public static FakeRequest? Of(HttpRequest request)
    {
        var path = request.Path.Value!.Trim('/').Split('/');
        var (group, rest) = path[0] switch
        {
            "api" when path.Length > 2 => ("", path[1..]),
            "apis" when path.Length > 3 => (path[1], path[2..]),
            _ => ("", []),
        };
        if (rest.Length < 2)
        {
            return null;
        }

        var isInNamespace = rest.Length > 3 && rest[1] == "namespaces";
        var names = rest[(isInNamespace ? 3 : 1)..];
        var user = request.Headers.Authorization.ToString();
        return new(
            user[(user.IndexOf(' ', StringComparison.Ordinal) + 1)..],
            VerbOf(request, names.Length > 1),
            new(group, rest[0], names[0]),
            isInNamespace ? Uri.UnescapeDataString(rest[2]) : "",
            names.Length > 1 ? Uri.UnescapeDataString(names[1]) : null,
            names.Length > 2 ? names[2] : null,
            request.Query,
            request.ContentType);
    }

    private static string VerbOf(HttpRequest request, bool hasName) => request.Method switch
    {
        "GET" when request.Query["watch"].ToString() is "1" or "true" => "watch",
        "GET" => hasName ? "get" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        var other => other,
    };
}
