using System.Runtime.InteropServices;

namespace PodPool.Cli.Deploy;

/// <summary>The <c>dotnet</c> of this machine, run so that it leaves no process behind.</summary>
internal static class DotNetCli
{
    /// <summary>
    /// Variables that `dotnet run` gives its child. They would tie a project with a global.json of its own to another SDK.
    /// </summary>
    private static readonly string[] OfOurOwnHost =
        ["MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBuildLoadMicrosoftTargetsReadOnly", "DOTNET_LAUNCH_PROFILE", "DOTNET_HOST_PATH"];

    /// <summary>The folder that holds <c>dotnet</c>, <c>sdk</c> and <c>shared</c>.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    /// <summary>The folders of the shared framework this process runs on: .NET's and ASP.NET Core's.</summary>
    public static IReadOnlyList<string> SharedFramework { get; } =
    [
        Path.GetDirectoryName(typeof(object).Assembly.Location)!,
        Path.GetDirectoryName(typeof(Microsoft.AspNetCore.Http.HttpContext).Assembly.Location)!,
    ];

    /// <summary>Runs <c>dotnet</c> with an SDK.</summary>
    public static async Task<ToolResult> RunAsync(string folder, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        // A build leaves empty folders among the temporary files.
        using var temporary = new TemporaryFolder("podpool-dotnet");
        var variables = OfOurOwnHost.ToDictionary(name => name, string? (_) => null);
        variables["MSBUILDDISABLENODEREUSE"] = "1";
        variables["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        variables["DOTNET_NOLOGO"] = "1";
        variables["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        variables["DOTNET_CLI_UI_LANGUAGE"] = "en";
        variables["TMPDIR"] = temporary.Path;
        return await Tool.RunAsync(FileName(), arguments, folder, variables, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The host beside the runtime we run on, if it has an SDK; else what the PATH has.</summary>
    public static string FileName()
    {
        var beside = Path.Combine(Root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(beside) && Directory.Exists(Path.Combine(Root, "sdk")) ? beside : "dotnet";
    }
}
