using System.Text.Json;

namespace Bookshop.Catalogue;

/// <summary>Reads the catalogue from the application's own folder before the first request is served.</summary>
internal sealed partial class CatalogueLoader(IHostEnvironment environment, BookCatalogue catalogue, ILogger<CatalogueLoader> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var file = environment.ContentRootFileProvider.GetFileInfo("books.json");
        await using var stream = file.CreateReadStream();
        var books = await JsonSerializer.DeserializeAsync<Book[]>(stream, JsonSerializerOptions.Web, cancellationToken) ?? [];
        catalogue.Replace(books);
        Log.Loaded(logger, books.Length, file.Name);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Count} books are in the catalogue ({File})")]
        public static partial void Loaded(ILogger logger, int count, string file);
    }
}
