using System.Collections.Frozen;

namespace Bookshop.Catalogue;

/// <summary>What the shop sells. Read by every request, replaced whole.</summary>
internal sealed class BookCatalogue
{
    private FrozenDictionary<string, Book> _books = FrozenDictionary<string, Book>.Empty;

    public IEnumerable<Book> All => _books.Values.OrderBy(book => book.Title, StringComparer.Ordinal);

    public Book? Find(string isbn) => _books.GetValueOrDefault(isbn);

    public void Replace(IEnumerable<Book> books) => _books = books.ToFrozenDictionary(book => book.Isbn, StringComparer.Ordinal);
}
