namespace PodPool.Cli.Local;

/// <summary>The source tree this program was built in, if it runs from there.</summary>
internal static class RepositoryFolder
{
    /// <returns>The folder with the solution; null: this is an installed tool.</returns>
    public static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PodPool.sln")))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
