namespace PodPool.Runtime.Rehearsing;

/// <summary>One request of the rehearsal, and the status it must get.</summary>
internal sealed record RehearsalRequest(string Path, string? Body = null, string ContentType = "application/json", int Status = 200)
{
    public (string Name, string Value)[] Headers { get; init; } = [];
}

/// <summary>One function of the rehearsal.</summary>
internal sealed record RehearsalScene(string EntryPoint, RehearsalRequest[] Requests);

/// <summary>What is rehearsed: each kind of entry point once. What is not here, the first caller pays for.</summary>
internal static class RehearsalScript
{
    public const string Assembly = "PodPool.Rehearsal";

    private const string Message = """{"text":"hello","number":1,"ratio":0.5,"flag":true,"at":"2024-01-01T00:00:00Z","tags":["a","b"]}""";

    private const string Order =
        """
        {"number":"1","due":"2024-01-31","total":9,"customer":1,
        "lines":[{"article":"a","count":1,"price":1.5},{"article":"b","count":2,"price":3},{"article":"c","count":1,"price":1.5}],
        "parcels":[{"code":"3SABC0000001","weight":1.5,"pricePerKilogram":2,"country":"BE"},{"code":"3SABC0000002","weight":1,"pricePerKilogram":2}]}
        """;

    /// <param name="outside">A URL outside the pod, for a function's outgoing call.</param>
    public static RehearsalScene[] Scenes(Uri outside) =>
    [
        Scene("HttpRehearsal", new("/?name=world"), new("/echo", Message), new("/stream"), new($"/call?url={Uri.EscapeDataString(outside.ToString())}"), new("/error", Status: 500)),
        Scene("WorkRehearsal", new RehearsalRequest("/", Order)),
        Scene("BareRehearsal", new RehearsalRequest("/?name=world")),
        Scene("JsonRehearsal", new("/", Message), new("/", "{\"text\":", Status: 400)),
        Scene("MethodRehearsal::AnswerAsync", new RehearsalRequest("/", Message)),
        Scene("MethodRehearsal::Same", new RehearsalRequest("/", Message)),
        Scene("EventRehearsal", Event),
        Scene("TypedEventRehearsal", Event, StructuredEvent),
        new(Assembly, [new("/"), new("/notes", Message), new("/notes/1"), new("/notes/2", Status: 404), new("/nowhere", Status: 404), new("/error", Status: 500)]),
    ];

    private static RehearsalRequest Event => new("/", Message, Status: 204)
    {
        Headers = [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/rehearsal"), ("ce-type", "rehearsed"), ("ce-time", "2024-01-01T00:00:00Z")],
    };

    private static RehearsalRequest StructuredEvent => new(
        "/", $$"""{"specversion":"1.0","id":"1","source":"/rehearsal","type":"rehearsed","data":{{Message}}}""", "application/cloudevents+json", 204);

    private static RehearsalScene Scene(string entryPoint, params RehearsalRequest[] requests) => new($"{Assembly}::{Assembly}.{entryPoint}", requests);
}
