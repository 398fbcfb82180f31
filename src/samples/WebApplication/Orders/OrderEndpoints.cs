using Bookshop.Catalogue;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Bookshop.Orders;

internal static class OrderEndpoints
{
    public static void MapOrders(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/orders", Place).WithName("orders");
        routes.MapGet("/orders/{number:int}", Find).WithName("order");
    }

    private static Results<CreatedAtRoute<Order>, ValidationProblem> Place(
        OrderRequest request, BookCatalogue catalogue, OrderBook orders, IOptions<ShopOptions> options)
    {
        var errors = new Dictionary<string, string[]>();
        var book = catalogue.Find(request.Isbn);
        if (book is null)
        {
            errors["isbn"] = [$"The shop has no book '{request.Isbn}'."];
        }

        if (request.Copies < 1 || request.Copies > options.Value.MaxCopies)
        {
            errors["copies"] = [$"Between 1 and {options.Value.MaxCopies}."];
        }

        if (string.IsNullOrWhiteSpace(request.Customer))
        {
            errors["customer"] = ["Who is it for?"];
        }

        if (book is null || errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        var order = orders.Place(book, request);
        return TypedResults.CreatedAtRoute(order, "order", new { number = order.Number });
    }

    private static Results<Ok<Order>, NotFound> Find(int number, OrderBook orders)
        => orders.Find(number) is { } order ? TypedResults.Ok(order) : TypedResults.NotFound();
}
