using System.Collections.Concurrent;
using Microsoft.Playwright;
using PodPool.WebConsole.Simulating;
using static Microsoft.Playwright.Assertions;

namespace PodPool.Manager.Tests.WebConsole;

/// <summary>The console in a browser, and all that the browser complained of or asked for.</summary>
internal sealed class WatchedPage : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly Uri _address;

    private WatchedPage(IPage page, Uri address)
    {
        (Page, _address) = (page, address);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Enqueue(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Request += (_, request) => _requests.Enqueue(request.Url);
        page.RequestFailed += (_, request) => _complaints.Enqueue($"{request.Url}: {request.Failure}");
    }

    public IPage Page { get; }

    public static async Task<WatchedPage> OpenAsync(Chromium chromium, Uri address, BrowserNewContextOptions? options = null, bool isLive = true)
    {
        var context = await chromium.Browser.NewContextAsync(options);
        var watched = new WatchedPage(await context.NewPageAsync(), address);
        await watched.Page.GotoAsync(address.AbsoluteUri);
        if (isLive)
        {
            await Expect(watched.Page.Locator("#status")).ToHaveTextAsync("live");
            await Expect(watched.Page.Locator("#pools tbody tr")).Not.ToHaveCountAsync(0);
        }

        return watched;
    }

    /// <summary>A row's values by column.</summary>
    public RowOf Row(string table, string name) => new(this, table, name);

    /// <summary>A cell, by the name of its row and the label of its column.</summary>
    public ILocator Cell(string table, string name, string column)
    {
        var row = Page.Locator($"#{table} tbody tr:visible").Filter(new() { Has = Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }) });
        return row.Locator($"xpath=*[count(ancestor::table/thead/tr/th[starts-with(normalize-space(), '{column}') and string-length(normalize-space()) <= {column.Length + 2}]/preceding-sibling::th) + 1]");
    }

    /// <summary>The names of the rows that are shown, in their order.</summary>
    public Task<IReadOnlyList<string>> NamesAsync(string table) => Page.Locator($"#{table} tbody tr:visible th").AllInnerTextsAsync();

    /// <summary>The browser had nothing to complain of, and nothing came from elsewhere.</summary>
    public void AssertQuiet()
    {
        Assert.Empty(_complaints);
        Assert.NotEmpty(_requests);
        Assert.All(_requests, url => Assert.StartsWith(_address.GetLeftPart(UriPartial.Authority), url, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();

    internal readonly struct RowOf(WatchedPage page, string table, string name)
    {
        public Task<string> this[string column] => page.Cell(table, name, column).InnerTextAsync();
    }
}
