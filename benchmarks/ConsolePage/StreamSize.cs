namespace PodPool.Benchmarks;

/// <summary>How much the console sends.</summary>
internal static class StreamSize
{
    private const int Changes = 10;

    /// <summary>Bytes of the first message, and of those that follow on average.</summary>
    public static async Task<(double First, double Each)> MeasureAsync(Uri page)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await using var stream = await client.GetStreamAsync(new Uri(page, "/console/stream"));
        using var reader = new StreamReader(stream);
        var sizes = new List<double>();
        while (sizes.Count <= Changes && await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                sizes.Add(line.Length);
            }
        }

        return (sizes[0], sizes.Skip(1).Average());
    }
}
