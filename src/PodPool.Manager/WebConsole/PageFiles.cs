using System.Collections.Frozen;
using System.Reflection;

namespace PodPool.Manager.WebConsole;

/// <summary>The files of the page, which are in this assembly: nothing is built, and nothing comes from elsewhere.</summary>
internal static class PageFiles
{
    private const string Prefix = "console/";

    private static readonly FrozenDictionary<string, (byte[] Bytes, string Type)> Files = Read().ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A file, with its media type; null: there is none of that name.</summary>
    public static (byte[] Bytes, string Type)? Find(string name) => Files.TryGetValue(name, out var file) ? file : null;

    private static Dictionary<string, (byte[] Bytes, string Type)> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(name => name[Prefix.Length..], name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return (bytes, TypeOf(Path.GetExtension(name)));
        });
    }

    private static string TypeOf(string extension) => extension switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => throw new InvalidOperationException($"'{extension}' is no file of a page"),
    };
}
