using PodPool.Functions;

namespace BrokenStartup;

/// <summary>Tells where an article can be looked up. As deployed without its setting, it never starts: that is what it is for.</summary>
/// <example>
/// <code>
/// podpool deploy src/samples/BrokenStartup --name lookup
/// curl -i http://127.0.0.1:8080/default/lookup --json '{"article":"lamp"}'     # STARTUP_FAILED, with the remedy
/// podpool deploy src/samples/BrokenStartup --name lookup --env WAREHOUSE_URL=https://warehouse.example
/// curl http://127.0.0.1:8080/default/lookup --json '{"article":"lamp"}'
/// </code>
/// </example>
public sealed class LookupFunction(Warehouse warehouse) : IFunction<Lookup, Place>
{
    public Task<Place> HandleAsync(Lookup input, FunctionContext context, CancellationToken cancellationToken)
        => Task.FromResult(new Place(warehouse.PlaceOf(input?.Article ?? "")));
}

/// <summary>Where articles are kept.</summary>
public sealed class Warehouse(Uri url)
{
    /// <summary>The address of an article's page.</summary>
    public Uri PlaceOf(string article) => new(url, $"articles/{Uri.EscapeDataString(article)}");
}

/// <summary>What is asked.</summary>
public sealed record Lookup(string? Article);

/// <summary>What is answered.</summary>
public sealed record Place(Uri Url);
