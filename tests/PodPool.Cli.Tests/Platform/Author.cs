namespace PodPool.Cli.Tests.Platform;

/// <summary>What an author writes.</summary>
internal static class Author
{
    /// <summary>A project of one file, with no reference to anything.</summary>
    /// <returns>Its folder.</returns>
    public static string Project(string folder, string name, string source) => Write(folder, name, source, "");

    /// <summary>A project of one file that implements the interfaces of functions.</summary>
    /// <returns>Its folder.</returns>
    public static string ProjectWithFunctions(string folder, string name, string source) => Write(folder, name, source, $"""
          <ItemGroup>
            <FrameworkReference Include="Microsoft.AspNetCore.App" />
            <Reference Include="{Path.Combine(AppContext.BaseDirectory, "runtime", "PodPool.Functions.dll")}" />
          </ItemGroup>
        """);

    private static string Write(string folder, string name, string source, string references)
    {
        var project = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        File.WriteAllText(Path.Combine(project, name + ".csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <EnableDynamicLoading>true</EnableDynamicLoading>
              </PropertyGroup>
            {references}
            </Project>
            """);
        File.WriteAllText(Path.Combine(project, name + ".cs"), source);
        return project;
    }
}
