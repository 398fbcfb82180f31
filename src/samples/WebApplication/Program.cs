// A small bookshop: an ordinary ASP.NET Core application. `dotnet run` starts it, and so does
//
//   podpool deploy src/samples/WebApplication --name bookshop
//   curl http://127.0.0.1:8080/default/bookshop/books
//   curl http://127.0.0.1:8080/default/bookshop/orders --json '{"isbn":"978-0-00-000002-4","copies":2,"customer":"Ada"}'
using Bookshop;
using Bookshop.Catalogue;
using Bookshop.Orders;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddOptions<ShopOptions>().BindConfiguration("Shop").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddProblemDetails();
builder.Services.AddHealthChecks();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<BookCatalogue>();
builder.Services.AddSingleton<OrderBook>();
builder.Services.AddHostedService<CatalogueLoader>();

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseMiddleware<ElapsedHeader>();
app.UseStaticFiles();
app.MapBooks();
app.MapOrders();
app.MapHealthChecks("/health");
app.MapGet("/", (LinkGenerator links, HttpContext context) => new
{
    books = links.GetPathByName(context, "books"),
    orders = links.GetPathByName(context, "orders"),
});
app.Run();
