// Orders, kept and passed on with Dapr: an ordinary application with Dapr's own SDK. `dapr run` starts it beside a sidecar of its own, and so does, beside
// the one that all functions of the node share,
//
//   podpool local --dapr
//   podpool deploy src/samples/DaprShop --name shop --dapr src/samples/DaprShop/dapr.yaml
//   curl http://127.0.0.1:8080/default/shop/orders --json '{"id":"1","book":"978-0-00-000002-4"}'
//   curl http://127.0.0.1:8080/default/shop/orders/1
using Dapr;
using Dapr.Client;

const string Store = "statestore";
const string Bus = "pubsub";

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddDaprClient();
var app = builder.Build();
app.UseCloudEvents();
app.MapSubscribeHandler();

app.MapPost("/orders", async (Order order, DaprClient dapr) =>
{
    await dapr.SaveStateAsync(Store, order.Id, order with { Status = "placed" });
    await dapr.PublishEventAsync(Bus, "orders", order);
    return Results.Accepted($"orders/{order.Id}");
});

app.MapPost("/shipments", [Topic(Bus, "orders")] async (Order order, DaprClient dapr) =>
    await dapr.SaveStateAsync(Store, order.Id, order with { Status = "shipped" }));

app.MapGet("/orders/{id}", async (string id, DaprClient dapr) =>
    await dapr.GetStateAsync<Order?>(Store, id) is { } order ? Results.Ok(order) : Results.NotFound());

app.Run();

internal sealed record Order(string Id, string Book, string Status = "");
