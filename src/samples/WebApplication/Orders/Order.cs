namespace Bookshop.Orders;

/// <summary>What a customer sends.</summary>
internal sealed record OrderRequest(string Isbn, int Copies, string Customer);

/// <summary>What the shop makes of it.</summary>
internal sealed record Order(int Number, string Title, int Copies, string Customer, decimal Total, DateTimeOffset At);
