using Microsoft.Playwright;

namespace PodPool.WebConsole.Simulating;

/// <summary>A real browser: Debian's Chromium, without a window.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    /// <summary>Where it is.</summary>
    public const string Program = "/usr/bin/chromium";

    private readonly IPlaywright _playwright;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, Browser) = (playwright, browser);

    public IBrowser Browser { get; }

    public static async Task<Chromium> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();

        // Its sandbox wants what a container has not; it sees pages of ours alone.
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Headless = true, Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
        return new(playwright, browser);
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.CloseAsync();
        _playwright.Dispose();
    }
}
