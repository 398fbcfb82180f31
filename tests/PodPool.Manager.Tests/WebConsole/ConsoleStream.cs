using System.Text;
using System.Text.Json.Nodes;

namespace PodPool.Manager.Tests.WebConsole;

/// <summary>A client of the console's stream, as a browser reads it.</summary>
internal sealed class ConsoleStream : IDisposable
{
    private readonly HttpClient _client;
    private readonly StreamReader _reader;

    private ConsoleStream(HttpClient client, HttpResponseMessage response, Stream stream)
        => (_client, Response, _reader) = (client, response, new(stream, Encoding.UTF8));

    public HttpResponseMessage Response { get; }

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public static HttpClient NewClient() => new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    public static async Task<ConsoleStream> OpenAsync(Uri page)
    {
        var client = NewClient();
        var response = await client.GetAsync(new Uri(page, "/console/stream"), HttpCompletionOption.ResponseHeadersRead, Test);
        return new(client, response, await response.Content.ReadAsStreamAsync(Test));
    }

    /// <summary>The next event; a comment is ("", null), the end is null.</summary>
    public async Task<(string Event, JsonNode? Data)?> NextAsync()
    {
        var name = "";
        JsonNode? data = null;
        while (await _reader.ReadLineAsync(Test) is { } line)
        {
            if (line.Length == 0)
            {
                return (name, data);
            }

            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            switch (colon < 0 ? line : line[..colon])
            {
                case "event":
                    name = line[(colon + 2)..];
                    break;
                case "data":
                    data = JsonNode.Parse(line[(colon + 2)..]);
                    break;
                default:
                    Assert.Equal(":", line);
                    break;
            }
        }

        return null;
    }

    public void Dispose()
    {
        _reader.Dispose();
        Response.Dispose();
        _client.Dispose();
    }
}
