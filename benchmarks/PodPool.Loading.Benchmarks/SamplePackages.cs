using System.Diagnostics;

namespace PodPool.Loading.Benchmarks;

/// <summary>The samples, published once before the benchmarks run, with and without code compiled ahead.</summary>
internal sealed class SamplePackages(string folder)
{
    /// <summary>Tells the benchmarks' processes where the packages are.</summary>
    public const string Variable = "LOAD_MATRIX_PACKAGES";

    public string Folder => folder;

    private string UnpackedFolder => Path.Combine(folder, "unpacked");

    public static SamplePackages FromEnvironment()
        => new(Environment.GetEnvironmentVariable(Variable) ?? throw new InvalidOperationException($"{Variable} is not set."));

    /// <summary>Publishes every function of the matrix in both ways.</summary>
    public void Publish(string repository)
    {
        foreach (var function in new[] { MeasuredFunction.Hello, MeasuredFunction.Methods400, MeasuredFunction.Rehearsal })
        {
            foreach (var code in Enum.GetValues<CodeKind>())
            {
                Publish(Path.Combine(repository, function.Project), PackageOf(function, code), code);
            }
        }
    }

    /// <summary>A fresh copy of a package's files, as a transfer would leave it: written just now, and so in the page cache.</summary>
    /// <returns>The path of the entry assembly.</returns>
    public string Unpack(MeasuredFunction function, CodeKind code)
    {
        var target = Directory.CreateDirectory(Path.Combine(UnpackedFolder, Guid.NewGuid().ToString("N"))).FullName;
        foreach (var file in Directory.EnumerateFiles(PackageOf(function, code)))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        return Path.Combine(target, $"{function.Assembly}.dll");
    }

    public void RemoveUnpacked() => Directory.Delete(UnpackedFolder, recursive: true);

    private string PackageOf(MeasuredFunction function, CodeKind code) => Path.Combine(folder, $"{function.Assembly}-{code}");

    private static void Publish(string project, string target, CodeKind code)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "publish", project, "--configuration", "Release", "--runtime", "linux-x64", "--self-contained", "false",
                $"-p:PublishReadyToRun={(code is CodeKind.ReadyToRun ? "true" : "false")}", "--output", target, "--verbosity", "quiet", "--nologo",
            },
        };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{project} could not be published ({code}).");
        }
    }
}
