using PodPool.EndToEnd.Caller;

// Runs in a pod, so that calls go the way that callers in a cluster go: names, service addresses, more than one router. It is told what to do, and asked
// what came of it, through the API server; while that is away, it goes on.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddSingleton<Client>();
builder.Services.AddSingleton<Loads>();

var app = builder.Build();
app.MapGet("/", () => "ready");
app.MapPost("/call", (Call call, Client client) => client.CallAsync(call));
app.MapPost("/dial", (Dial dial) => dial.TryAsync());
app.MapPost("/loads", (LoadPlan plan, Loads loads) => loads.Start(plan));
app.MapGet("/loads/{id}", (int id, Loads loads) => loads.Find(id).Count());
app.MapPost("/loads/{id}/end", (int id, Loads loads) => loads.Find(id).EndAsync());
app.Run();
