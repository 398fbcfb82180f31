using PodPool.WebConsole.Simulating;
using static Microsoft.Playwright.Assertions;

namespace PodPool.Manager.Tests.WebConsole;

/// <summary>A browser for a test of the page; without one the test is skipped.</summary>
internal static class Browsers
{
    public static async Task<Chromium> StartAsync()
    {
        Assert.SkipUnless(File.Exists(Chromium.Program), $"{Chromium.Program} is not installed (Debian's package chromium)");

        // What is waited for comes within seconds; on a busy machine, of many.
        SetDefaultExpectTimeout(30_000);
        return await Chromium.StartAsync();
    }
}
