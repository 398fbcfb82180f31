// What an author writes who has no PodPool: the sample Hello as an ordinary ASP.NET Core application, in an ordinary Deployment.
using System.Text.Json.Serialization;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, HelloJson.Default));
var app = builder.Build();
app.MapGet("/", (string? name) => new Greeting($"hello {(string.IsNullOrWhiteSpace(name) ? "world" : name)}"));
app.MapGet("/healthz", () => "ok");
app.Run();

internal sealed record Greeting(string Message);

[JsonSerializable(typeof(Greeting))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class HelloJson : JsonSerializerContext;
