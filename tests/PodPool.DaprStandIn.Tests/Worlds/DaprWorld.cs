using System.Text.Json;
using Dapr.Client;
using Grpc.Net.Client;
using PodPool.DaprStandIn.Starting;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Tests.Worlds;

/// <summary>A stand-in that runs, and what tests ask it with.</summary>
internal sealed class DaprWorld : IAsyncDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly string? _token;

    private DaprWorld(StandInProcess daprd, string? token)
    {
        Daprd = daprd;
        _token = token;
        var client = new DaprClientBuilder().UseHttpEndpoint(daprd.HttpAddress).UseGrpcEndpoint(daprd.GrpcAddress);
        Client = (token is null ? client : client.UseDaprApiToken(token)).Build();
        Channel = GrpcChannel.ForAddress(daprd.GrpcAddress);
        Grpc = new(Channel);
    }

    public StandInProcess Daprd { get; }

    /// <summary>Dapr's own client.</summary>
    public DaprClient Client { get; }

    /// <summary>The generated one, for what that hides.</summary>
    public Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient Grpc { get; }

    public GrpcChannel Channel { get; }

    public static async Task<DaprWorld> StartAsync(StandInOptions options) => new(await StandInProcess.StartAsync(options), options.ApiToken);

    /// <summary>Sends a request as it is written, dots and escapes and all.</summary>
    public async Task<(int Status, string Body, HttpResponseMessage Response)> SendAsync(string method, string target, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(Daprd.HttpAddress + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        request.Content = body is null ? null : new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body));
        if (_token is not null && !headers.Any(header => header.Name == "dapr-api-token"))
        {
            request.Headers.Add("dapr-api-token", _token);
        }

        foreach (var (name, value) in headers)
        {
            _ = request.Headers.TryAddWithoutValidation(name, value) || request.Content?.Headers.TryAddWithoutValidation(name, value) is true;
        }

        var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response);
    }

    /// <summary>Sends a request whose answer's headers do not matter.</summary>
    public async Task<(int Status, string Body)> AskAsync(string method, string target, string? body = null, params (string Name, string Value)[] headers)
    {
        var (status, answer, response) = await SendAsync(method, target, body, headers);
        response.Dispose();
        return (status, answer);
    }

    /// <summary>Sends a request that is refused.</summary>
    /// <returns>The error's message.</returns>
    public async Task<string> RefusedAsync(string method, string target, int status, string errorCode, string? body = null, params (string Name, string Value)[] headers)
    {
        var (got, answer, _) = await SendAsync(method, target, body, headers);
        Assert.Equal((status, true), (got, answer.StartsWith('{')));
        using var error = JsonDocument.Parse(answer);
        Assert.Equal(errorCode, error.RootElement.GetProperty("errorCode").GetString());
        return error.RootElement.GetProperty("message").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Channel.Dispose();
        _http.Dispose();
        await Daprd.DisposeAsync();
    }
}
