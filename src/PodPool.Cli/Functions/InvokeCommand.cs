using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using PodPool.Contracts;
using Spectre.Console;

namespace PodPool.Cli.Functions;

/// <summary><c>podpool invoke</c>: one request through the router.</summary>
internal sealed class InvokeCommand : ServerVerb
{
    private static readonly Argument<string> FunctionArgument = CommonOptions.FunctionName();

    private static readonly Option<string?> Data = new("--data", "-d") { Description = "the request's body; - reads it from standard input", HelpName = "TEXT" };

    private static readonly Option<FileInfo?> Body = new("--file") { Description = "a file as the request's body", HelpName = "FILE" };

    private static readonly Option<string?> Method = new("--method", "-X") { Description = "the HTTP method [default: GET, or POST with a body]", HelpName = "M" };

    private static readonly Option<string[]> Headers = new("--header", "-H") { Description = "a request header", HelpName = "N: V" };

    private static readonly Option<string> PathOption = new("--path")
    {
        Description = "path and query behind the function's own",
        HelpName = "P",
        DefaultValueFactory = _ => "",
    };

    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "show status, headers and the phases of a start (on standard error)" };

    public InvokeCommand()
        : base("invoke", "Call a function through the router; on a cluster through a forwarded port of one.")
    {
        Add(FunctionArgument);
        Add(CommonOptions.Namespace);
        Add(Data);
        Add(Body);
        Add(Method);
        Add(Headers);
        Add(PathOption);
        Add(Verbose);
        Validators.Add(result =>
        {
            if (result.GetValue(Body) is { Exists: false } missing)
            {
                result.AddError($"There is no file '{missing}'.");
            }

            if (result.GetValue(Data) is not null && result.GetValue(Body) is not null)
            {
                result.AddError("Give the body by --data or by --file, not both.");
            }
        });
    }

    private protected override async Task<int> RunAsync(VerbContext context, ServerConnection server, CancellationToken cancellationToken)
    {
        var name = FunctionNames.Parse(context.Require(FunctionArgument), context.NamespaceAt(server));
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, AutomaticDecompression = System.Net.DecompressionMethods.All };
        string url;
        if (server.Cluster is { } cluster)
        {
            // Who works with a cluster from outside may have no way to its router but this.
            url = $"http://router/{name.Namespace}/{name.Name}";
            handler.ConnectCallback = (_, token) => RouterPort.ConnectAsync(cluster, token);
        }
        else
        {
            var function = await server.Operator.DescribeFunctionAsync(name, cancellationToken: cancellationToken);
            url = function.Urls.FirstOrDefault() ?? throw CliException.Failed(
                $"the manager names no address for {FunctionNames.Show(name)}", "see that a router is connected to it");
        }

        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = Request(context, url);
        var started = context.Terminal.Time.GetTimestamp();
        using var response = await SendAsync(client, request, cancellationToken).ConfigureAwait(false);
        var headersAfter = context.Terminal.Time.GetElapsedTime(started);

        await ShowAsync(context, response, headersAfter, cancellationToken).ConfigureAwait(false);
        return (int)response.StatusCode >= 400 ? ExitCode.ErrorAnswer : ExitCode.Ok;
    }

    private static HttpRequestMessage Request(VerbContext context, string url)
    {
        HttpContent? body = context.Get(Data) switch
        {
            "-" => new StreamContent(context.Terminal.In()),
            { } text => new StringContent(text, Encoding.UTF8, LooksLikeJson(text) ? "application/json" : "text/plain"),
            null when context.Get(Body) is { } file => new StreamContent(file.OpenRead()),
            null => null,
        };
        var method = context.Get(Method) is { } named ? new HttpMethod(named.ToUpperInvariant()) : body is null ? HttpMethod.Get : HttpMethod.Post;
        var request = new HttpRequestMessage(method, url.TrimEnd('/') + "/" + context.Require(PathOption).TrimStart('/')) { Content = body };
        foreach (var header in context.Get(Headers) ?? [])
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw CliException.Usage($"'{header}' is no header", "write --header 'name: value'");
            }

            var (key, value) = (header[..colon].Trim(), header[(colon + 1)..].Trim());
            request.Content?.Headers.Remove(key);
            if (!request.Headers.TryAddWithoutValidation(key, value) && request.Content?.Headers.TryAddWithoutValidation(key, value) != true)
            {
                throw CliException.Usage($"the header '{key}' cannot be sent", "a header that describes a body needs --data or --file");
            }
        }

        return request;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw new CliException(
                ExitCode.Unreachable, $"no answer from {request.RequestUri}: {exception.Message}", "see that the router runs there", inner: exception);
        }
    }

    private static async Task ShowAsync(VerbContext context, HttpResponseMessage response, TimeSpan headersAfter, CancellationToken cancellationToken)
    {
        var start = response.Headers.TryGetValues(WireHeaders.Start, out var values) ? values.FirstOrDefault() : null;
        var phases = ServerTiming.Read(response.Headers);
        if (context.Get(CommonOptions.Output) == OutputFormat.Json)
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(", ", header.Value));
            context.Output.Result(
                new { Status = (int)response.StatusCode, Start = start, ElapsedMs = headersAfter.TotalMilliseconds, PhasesMs = phases, Headers = headers, Body = text },
                _ => { });
            return;
        }

        if (context.Get(Verbose) || !response.IsSuccessStatusCode)
        {
            context.Output.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"{(int)response.StatusCode} {response.ReasonPhrase}, {Show.Milliseconds(headersAfter.TotalMilliseconds)}{(start is null ? "" : ", " + start)}"));
        }

        if (context.Get(Verbose))
        {
            foreach (var header in response.Headers.Concat(response.Content.Headers))
            {
                context.Output.Note($"  {header.Key.ToLowerInvariant()}: {string.Join(", ", header.Value)}");
            }

            context.Output.Note("  " + string.Join("  ", phases.Select(phase => $"{phase.Key} {Show.Milliseconds(phase.Value)}")));
        }

        await CopyBodyAsync(context.Terminal, response.Content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Piece by piece: an answer may be a stream without end.</summary>
    private static async Task CopyBodyAsync(Terminal terminal, HttpContent content, CancellationToken cancellationToken)
    {
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var reader = new StreamReader(stream, EncodingOf(content.Headers.ContentType));
            var buffer = new char[8192];
            var last = '\n';
            int read;
            while ((read = await reader.ReadAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false)) > 0)
            {
                await terminal.Out.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                await terminal.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
                last = buffer[read - 1];
            }

            if (last != '\n')
            {
                await terminal.Out.WriteLineAsync().ConfigureAwait(false);
            }
        }
    }

    private static Encoding EncodingOf(MediaTypeHeaderValue? type)
    {
        try
        {
            return type?.CharSet is { Length: > 0 } charset ? Encoding.GetEncoding(charset.Trim('"')) : Encoding.UTF8;
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }

    private static bool LooksLikeJson(string text) => text.TrimStart() is ['{' or '[' or '"', ..];
}
