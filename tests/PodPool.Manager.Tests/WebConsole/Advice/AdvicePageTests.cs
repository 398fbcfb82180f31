using System.Text.Json.Nodes;
using Deque.AxeCore.Playwright;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Playwright;
using PodPool.Manager.Tests.Peers;
using PodPool.WebConsole.Simulating;
using static Microsoft.Playwright.Assertions;

namespace PodPool.Manager.Tests.WebConsole.Advice;

/// <summary>The recommendation as a person sees it, in a real browser.</summary>
public sealed class AdvicePageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_page_shows_what_is_told_and_the_keyboard_does_for_all_of_it()
    {
        await using var chromium = await Browsers.StartAsync();
        await using var manager = await StartAsync();
        manager.Pool.Trace!.Remember(_time);
        using var client = ConsoleStream.NewClient();
        var told = JsonNode.Parse(await client.GetStringAsync(new Uri(manager.Page, "/console/pools/default/advice"), TestContext.Current.CancellationToken))!;
        await using var watched = await WatchedPage.OpenAsync(chromium, manager.Page);
        var page = watched.Page;
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);

        await Expect(page.Locator("#advice-title")).ToHaveTextAsync("Recommendation for default");
        await page.Locator("#advice-ask").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#advice-why")).ToHaveTextAsync((string)told["why"]!);
        await Expect(page.Locator("#advice-ask")).ToBeFocusedAsync();
        var rows = told["candidates"]!.AsArray().Select(row => (Name: (string)row!["name"]!, Front: (bool)row["front"]!)).ToList();
        Assert.Equal(
            rows.Select(row => row.Name == (string?)told["recommended"] ? $"{row.Name}, recommended" : row.Name), await page.Locator("#advice tbody th").AllInnerTextsAsync());
        Assert.Equal(rows.Select(row => row.Front ? "yes" : "no"), await page.Locator("#advice tbody td:last-child").AllInnerTextsAsync());
        await Expect(page.Locator("#advice-how")).ToHaveTextAsync((string)told["how"]!);

        await page.Locator("#advice-copy").FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await Expect(page.Locator("#advice-copied")).ToHaveTextAsync("copied");
        Assert.Equal((string)told["change"]!, await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        Assert.Equal((string)told["change"]!, await page.Locator("#advice-change").TextContentAsync());
        watched.AssertQuiet();
    }

    [Fact]
    public async Task Where_too_little_is_known_the_page_says_so_and_shows_no_table()
    {
        await using var chromium = await Browsers.StartAsync();
        await using var manager = await StartAsync();
        await using var watched = await WatchedPage.OpenAsync(chromium, manager.Page);
        await watched.Page.Locator("#advice-ask").ClickAsync();
        await Expect(watched.Page.Locator("#advice-why")).ToContainTextAsync("Nothing can be said yet");
        await Expect(watched.Page.Locator("#advice")).ToBeHiddenAsync();
        watched.AssertQuiet();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Nothing_of_it_is_out_of_reach_for_who_sees_or_hears_it_otherwise(ColorScheme scheme)
    {
        await using var chromium = await Browsers.StartAsync();
        await using var manager = await StartAsync();
        manager.Pool.Trace!.Remember(_time);

        // The audit's own script is none that the policy lets in. Narrow, so that what is wide is scrolled.
        await using var watched = await WatchedPage.OpenAsync(
            chromium, manager.Page, new() { ColorScheme = scheme, BypassCSP = true, ViewportSize = new() { Width = 480, Height = 800 } });
        await watched.Page.Locator("#advice-ask").ClickAsync();
        await Expect(watched.Page.Locator("#advice-change")).ToBeVisibleAsync();
        var found = await watched.Page.RunAxe();
        Assert.True(found.Violations.Length == 0, string.Join("\n", found.Violations.Select(violation => $"{violation.Id}: {violation.Help}: {string.Join(", ", violation.Nodes.Select(node => node.Html))}")));
    }

    private Task<SimulatedManager> StartAsync() => SimulatedManager.StartAsync(_folder.Path, warm: 2, builder => builder.Services.AddSingleton<TimeProvider>(_time));
}
