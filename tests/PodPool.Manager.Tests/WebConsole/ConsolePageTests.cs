using System.Globalization;
using Deque.AxeCore.Playwright;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using PodPool.Manager.Functions;
using PodPool.Manager.Leading;
using PodPool.Manager.Tests.Peers;
using PodPool.WebConsole.Simulating;
using static Microsoft.Playwright.Assertions;

namespace PodPool.Manager.Tests.WebConsole;

/// <summary>What a person sees, in a real browser.</summary>
public sealed class ConsolePageTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_page_shows_is_what_the_operator_is_told()
    {
        await using var chromium = await Browsers.StartAsync();
        await using var manager = await ManagerUnderTest.StartAsync(warm: 2, change: options => options with { Console = "http://127.0.0.1:0" });
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        await manager.Client.DeployAsync("quiet", Compiled.Hello("quiet"));
        var instance = (await manager.AcquireAsync("hello")).Instance;
        await manager.Client.UntilAsync(pool => pool is { Warm: 2, Serving: 1 });
        await using var page = await WatchedPage.OpenAsync(chromium, new Uri(ManagerHost.ConsoleOf(manager.Host)!, "/console"));

        // The pool.
        var pool = await manager.Client.PoolAsync();
        var row = page.Row("pools", "default");
        foreach (var (column, value) in ((string, long)[])
                 [("Starting", pool.Starting), ("Warm", pool.Warm), ("Wanted warm", pool.Size), ("Claimed", pool.Claimed), ("Serving", pool.Serving), ("Draining", pool.Draining), ("Claims", pool.Claims), ("Misses", pool.Misses)])
        {
            Assert.Equal(value.ToString(CultureInfo.InvariantCulture), await row[column]);
        }

        // The functions, with their last start.
        var told = await manager.Client.Operator.ListFunctionsAsync(new(), cancellationToken: Test);
        Assert.Equal(told.Functions.Select(function => $"{function.Spec.Function.Namespace}/{function.Spec.Function.Name}"), await page.NamesAsync("functions"));
        foreach (var function in told.Functions)
        {
            var shown = page.Row("functions", $"default/{function.Spec.Function.Name}");
            Assert.Equal(function.Spec.Pool, await shown["Pool"]);
            Assert.Equal(function.Conditions.Single().Reason, await shown["State"]);
            Assert.Equal($"{function.Instances.Count}", await shown["Serving"]);
            var phases = function.LastStart?.Phases;
            var total = phases is null ? "never" : ((phases.Queue + phases.Claim + phases.Transfer + phases.Load + phases.Start) / 1000d).ToString("0.0", CultureInfo.InvariantCulture) + " ms";
            Assert.Equal(total, await shown["It took"]);
        }

        // One function's instances, and an event of its start.
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "default/hello" }).ClickAsync();
        await Expect(page.Page.Locator("#function tbody th")).ToHaveTextAsync(instance.Id);
        await Expect(page.Page.Locator("#events tbody tr").Filter(new() { HasText = "Serving" }).Filter(new() { HasText = instance.Id })).ToHaveCountAsync(1);
        await Expect(page.Page.Locator("#starts > div").First).ToContainTextAsync("1; half within");
        page.AssertQuiet();
    }

    [Fact]
    public async Task A_pool_that_sizes_itself_says_why()
    {
        await using var chromium = await Browsers.StartAsync();
        await using var manager = await ManagerUnderTest.StartAsync(
            warm: 1, options => options with { Console = "http://127.0.0.1:0", Pools = [options.Pools[0] with { Size = new() { Auto = new(0.01) { Max = 2 } } }] });
        await using var page = await WatchedPage.OpenAsync(chromium, new Uri(ManagerHost.ConsoleOf(manager.Host)!, "/console"));
        await Expect(page.Page.Locator("#levels-why")).ToContainTextAsync("claims/s now");
        page.AssertQuiet();
    }

    [Fact]
    public async Task What_happens_while_one_looks_is_seen()
    {
        await using var chromium = await Browsers.StartAsync();
        using var folder = new TemporaryFolder();
        await using var manager = await SimulatedManager.StartAsync(folder.Path, warm: 2);
        var function = manager.AddFunction("hello");
        await using var page = await WatchedPage.OpenAsync(chromium, manager.Page);
        await Expect(page.Page.Locator("#levels-title")).ToContainTextAsync("2 warm, 0 starting, 0 claimed, 0 serving");
        var pod = manager.Serve(function);
        manager.CountStart(function, pod, new(TimeSpan.FromMilliseconds(1), default, default, TimeSpan.FromMilliseconds(30)));
        manager.Load(function, inFlight: 12);
        await Expect(page.Page.Locator("#levels-title")).ToContainTextAsync("1 serving");
        await Expect(page.Cell("functions", "default/hello", "In flight")).ToHaveTextAsync("12");
        await Expect(page.Cell("functions", "default/hello", "It took")).ToHaveTextAsync("31.0 ms");
        manager.Host.Services.GetRequiredService<FunctionRegistry>().Remove(function);
        await Expect(page.Page.Locator("#functions tbody tr:visible")).ToHaveCountAsync(0);
        page.AssertQuiet();
    }

    [Fact]
    public async Task While_the_keyboard_is_in_a_table_its_rows_stay_where_they_are()
    {
        await using var chromium = await Browsers.StartAsync();
        using var folder = new TemporaryFolder();
        await using var manager = await SimulatedManager.StartAsync(folder.Path, warm: 1);
        var (first, second) = (manager.AddFunction("first"), manager.AddFunction("second"));
        manager.Serve(first);
        manager.Serve(second);
        manager.Load(first, inFlight: 9);
        await using var watched = await WatchedPage.OpenAsync(chromium, manager.Page);
        await watched.Page.Locator("#functions thead").GetByRole(AriaRole.Button, new() { Name = "In flight" }).ClickAsync();
        await watched.Page.GetByRole(AriaRole.Button, new() { Name = "default/first" }).FocusAsync();
        manager.Load(second, inFlight: 20);
        await Expect(watched.Cell("functions", "default/second", "In flight")).ToHaveTextAsync("20");
        Assert.Equal(["default/first", "default/second"], await watched.NamesAsync("functions"));

        await watched.Page.Locator("#functions-filter").FocusAsync();
        Assert.Equal(["default/second", "default/first"], await watched.NamesAsync("functions"));
    }

    [Fact]
    public async Task Of_one_that_stands_by_the_page_says_who_leads_and_shows_all_once_it_leads()
    {
        await using var chromium = await Browsers.StartAsync();
        using var folder = new TemporaryFolder();
        var leadership = new Leadership();
        await using var manager = await SimulatedManager.StartAsync(folder.Path, warm: 1, builder =>
        {
            builder.Services.AddSingleton(leadership);
            builder.Services.AddSingleton<ILeading, StandsBy>();
        });
        await using var watched = await WatchedPage.OpenAsync(chromium, manager.Page, isLive: false);
        await Expect(watched.Page.Locator("#status")).ToContainTextAsync($"stands by: {StandsBy.Other} leads");
        leadership.Begin(1);
        await Expect(watched.Page.Locator("#status")).ToHaveTextAsync("live");
        await Expect(watched.Page.Locator("#pools tbody tr")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Two_thousand_functions_are_filtered_sorted_and_paged_with_the_keyboard_alone()
    {
        await using var chromium = await Browsers.StartAsync();
        using var folder = new TemporaryFolder();
        await using var manager = await SimulatedManager.StartAsync(folder.Path, warm: 2);
        for (var i = 0; i < 2000; i++)
        {
            var function = manager.AddFunction(string.Create(CultureInfo.InvariantCulture, $"function-{i:0000}"));
            if (i is 1200 or 1999)
            {
                manager.Serve(function);
                manager.Load(function, inFlight: i / 100);
            }
        }

        await using var watched = await WatchedPage.OpenAsync(chromium, manager.Page);
        var page = watched.Page;
        await Expect(page.Locator("#functions-pager")).ToContainTextAsync("1–50 of 2,000");
        await Expect(page.Locator("#functions tbody tr")).ToHaveCountAsync(50);

        // The first stop of the keyboard leads past everything else.
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        if (await page.EvaluateAsync<string>("document.activeElement.id") != "functions-filter")
        {
            await page.Keyboard.PressAsync("Shift+Tab");
        }

        Assert.Equal("functions-filter", await page.EvaluateAsync<string>("document.activeElement.id"));
        await page.Keyboard.TypeAsync("function-19 idle");
        await Expect(page.Locator("#functions-pager")).ToContainTextAsync("1–50 of 99");
        Assert.Equal("default/function-1900", (await watched.NamesAsync("functions"))[0]);
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.PressAsync("Delete");

        // By requests in flight, most first; then the other way round.
        await TabToAsync(page, "In flight");
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal(["default/function-1999", "default/function-1200", "default/function-0000"], (await watched.NamesAsync("functions")).Take(3));
        await Expect(page.Locator("#functions th[aria-sort=descending]")).ToHaveTextAsync("In flight ▾");
        await page.Keyboard.PressAsync("Space");
        Assert.Equal("default/function-0000", (await watched.NamesAsync("functions"))[0]);

        await TabToAsync(page, "default/function-0000");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#function-title")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#function")).ToBeHiddenAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "default/function-0000" })).ToBeFocusedAsync();
        watched.AssertQuiet();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Nothing_of_it_is_out_of_reach_for_who_sees_or_hears_it_otherwise(ColorScheme scheme)
    {
        await using var chromium = await Browsers.StartAsync();
        using var folder = new TemporaryFolder();
        await using var manager = await SimulatedManager.StartAsync(folder.Path, warm: 2);
        manager.Serve(manager.AddFunction("hello"));

        // The audit's own script is none that the policy lets in.
        await using var watched = await WatchedPage.OpenAsync(chromium, manager.Page, new() { ColorScheme = scheme, BypassCSP = true });
        await watched.Page.GetByRole(AriaRole.Button, new() { Name = "default/hello" }).ClickAsync();
        await Expect(watched.Page.Locator("#function-title")).ToBeFocusedAsync();
        var found = await watched.Page.RunAxe();
        Assert.True(found.Violations.Length == 0, string.Join("\n", found.Violations.Select(violation => $"{violation.Id}: {violation.Help}: {string.Join(", ", violation.Nodes.Select(node => node.Html))}")));
    }

    private static async Task TabToAsync(IPage page, string text)
    {
        for (var i = 0; i < 200; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if ((await page.EvaluateAsync<string>("document.activeElement.textContent")).StartsWith(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"the keyboard does not come to '{text}'");
    }
}
