namespace Bookshop.Catalogue;

internal sealed record Book(string Isbn, string Title, string Author, decimal Price);
