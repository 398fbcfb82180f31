namespace PodPool.Cli.Tests.Platform;

/// <summary>What an author writes.</summary>
internal static class Author
{
    /// <summary>A project of one file, with no reference to anything.</summary>
    /// <returns>Its folder.</returns>
    public static string Project(string folder, string name, string source)
    {
        var project = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        File.WriteAllText(Path.Combine(project, name + ".csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(project, name + ".cs"), source);
        return project;
    }
}
