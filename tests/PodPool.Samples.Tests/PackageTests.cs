using System.Text.Json;

namespace PodPool.Samples.Tests;

/// <summary>What <c>dotnet publish</c> makes of the samples. Alone, since it watches what the whole process compiles.</summary>
[Collection(nameof(PackageTests))]
public sealed class PackageTests(PackageTests.Packages packages) : IClassFixture<PackageTests.Packages>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_function_is_compiled_ahead_whole()
    {
        var folder = await packages.OfAsync("Hello");
        using var watch = new JitWatch();
        var answer = await Call.GetAsync(new PackageLoadContext(Path.Combine(folder, "Hello.dll")).LoadFunction(), "?name=Ada");

        Assert.Equal(200, answer.Status);

        // Crossgen skips a class whose interface it cannot see: this is what happens if PodPool.Functions.dll is not published along.
        Assert.Empty(await watch.MethodsOfAsync("Hello.", Cancelled));
    }

    [Fact]
    public async Task Dependencies_is_five_megabytes_and_more_and_runs_from_its_own_files()
    {
        var folder = await packages.OfAsync("Dependencies");

        var dependencies = new DirectoryInfo(folder).EnumerateFiles().Where(file => file.Extension is ".dll" or ".so" && file.Name != "Dependencies.dll").ToList();
        Assert.InRange(dependencies.Sum(file => file.Length), 5_000_000, 10_000_000);
        Assert.Contains(dependencies, file => file.Name == "libe_sqlite3.so");
        Assert.Equal(200, (await Call.GetAsync(new PackageLoadContext(Path.Combine(folder, "Dependencies.dll")).LoadFunction())).Status);
    }

    [Fact]
    public async Task Every_file_that_a_package_lists_is_in_it()
    {
        var folder = await packages.OfAsync("Dependencies");

        using var listed = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "Dependencies.deps.json"), Cancelled));
        var target = listed.RootElement.GetProperty("targets").GetProperty(".NETCoreApp,Version=v10.0/linux-x64");
        var files = target.EnumerateObject()
            .SelectMany(library => library.Value.EnumerateObject())
            .Where(kind => kind.Name is "runtime" or "native")
            .SelectMany(kind => kind.Value.EnumerateObject().Select(file => Path.GetFileName(file.Name)))
            .ToList();
        Assert.True(files.Count >= 9, $"Only {files.Count} files are listed.");
        Assert.All(files, file => Assert.True(File.Exists(Path.Combine(folder, file)), $"{file} is listed and missing."));
    }

    [Fact]
    public async Task Methods400_runs_some_four_hundred_methods_for_its_first_answer()
    {
        using var watch = new JitWatch();
        var answer = await Call.GetAsync(new PackageLoadContext(Path.Combine(AppContext.BaseDirectory, "Methods400.dll")).LoadFunction());
        var methods = await watch.MethodsOfAsync("Methods400.", Cancelled);

        Assert.Equal(200, answer.Status);
        var generated = methods.Count(method => method.StartsWith("Methods400.VatJson", StringComparison.Ordinal));
        TestContext.Current.TestOutputHelper?.WriteLine($"{methods.Count - generated} methods written by hand, and {generated} that System.Text.Json's generator made.");
        Assert.InRange(methods.Count - generated, 350, 500);
    }

    /// <summary>The samples' packages, each published once: that takes seconds. The tests ask one after the other.</summary>
    public sealed class Packages : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("podpool-samples-").FullName;

        /// <returns>Its folder.</returns>
        public async Task<string> OfAsync(string sample)
        {
            var folder = Path.Combine(_folder, sample);
            if (!Directory.Exists(folder))
            {
                await Repository.PublishAsync(sample, folder, Cancelled);
            }

            return folder;
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}

[CollectionDefinition(nameof(PackageTests), DisableParallelization = true)]
public sealed class PackageTestsRunAlone;
