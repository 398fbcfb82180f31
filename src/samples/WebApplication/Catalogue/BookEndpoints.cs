using Microsoft.AspNetCore.Http.HttpResults;

namespace Bookshop.Catalogue;

internal static class BookEndpoints
{
    public static void MapBooks(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/books", (BookCatalogue catalogue) => catalogue.All).WithName("books");
        routes.MapGet("/books/{isbn}", Find);
    }

    private static Results<Ok<Book>, NotFound> Find(string isbn, BookCatalogue catalogue)
        => catalogue.Find(isbn) is { } book ? TypedResults.Ok(book) : TypedResults.NotFound();
}
