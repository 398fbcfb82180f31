using System.Collections.Concurrent;
using Bookshop.Catalogue;

namespace Bookshop.Orders;

/// <summary>The orders of this instance, by number.</summary>
internal sealed class OrderBook(TimeProvider time)
{
    private readonly ConcurrentDictionary<int, Order> _orders = new();
    private int _last;

    public Order Place(Book book, OrderRequest request)
    {
        var order = new Order(Interlocked.Increment(ref _last), book.Title, request.Copies, request.Customer, book.Price * request.Copies, time.GetUtcNow());
        _orders[order.Number] = order;
        return order;
    }

    public Order? Find(int number) => _orders.GetValueOrDefault(number);
}
