using PodPool.Rehearsal;

// An ordinary minimal-API application: what it runs through, the first caller of another one need not.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton<Notes>();
builder.Services.AddHostedService<Heartbeat>();
var app = builder.Build();

app.MapGet("/", () => "hello");
app.MapGet("/notes/{id:int}", (int id, Notes notes) => notes.Find(id) is { } note ? Results.Ok(note) : Results.NotFound());
app.MapPost("/notes", (Message message, Notes notes) => TypedResults.Ok(notes.Add(message)));
app.MapGet("/error", string () => throw new InvalidOperationException("rehearsed"));
app.Run();
