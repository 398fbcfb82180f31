using System.Security.Cryptography;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using DaprApi = Dapr.Client.Autogen.Grpc.v1.Dapr;

namespace PodPool.DaprProxy;

/// <summary>
/// The door's own part of a first call, run before the first function calls: through its own port, by both APIs, as nobody who may. What is compiled for
/// that is compiled for functions too; what comes of it is only speed.
/// </summary>
internal sealed partial class DoorRehearsal(IServer server, IHostApplicationLifetime lifetime, DoorMetrics metrics, TimeProvider time, ILogger<DoorRehearsal> logger) : BackgroundService
{
    private const int Rounds = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listening = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken).ConfigureAwait(false);
        var begun = time.GetTimestamp();
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stoppingToken);
        metrics.IsRehearsing = true;
        try
        {
            var address = server.Features.Get<IServerAddressesFeature>()!.Addresses.First(CleartextListener.IsRealAddress);
            for (var round = 0; round < Rounds; round++)
            {
                ReadToken();
                await CallHttpAsync(new(address), either.Token).ConfigureAwait(false);
                await CallGrpcAsync(address, either.Token).ConfigureAwait(false);
            }

            Log.Rehearsed(logger, time.GetElapsedTime(begun).TotalMilliseconds);
        }
        catch (Exception exception) when (exception is HttpRequestException or RpcException or OperationCanceledException && !stoppingToken.IsCancellationRequested)
        {
            Log.NotRehearsed(logger, exception);
        }
        finally
        {
            metrics.IsRehearsing = false;
        }
    }

    private void ReadToken()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = new DaprToken { Namespace = "rehearsal", Function = "rehearsal", PodId = "rehearsal", ExpiresAt = Timestamp.FromDateTimeOffset(time.GetUtcNow()) };
        _ = DaprTokens.TryRead(DaprTokens.Write(token, bytes => key.SignData(bytes, HashAlgorithmName.SHA256)), key, out _);
    }

    /// <summary>daprd's health passes to daprd, whether or not it is there; the rest ends at the gate.</summary>
    private static async Task CallHttpAsync(Uri door, CancellationToken cancellationToken)
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        foreach (var (method, path, body) in ((HttpMethod, string, string?)[])[(HttpMethod.Get, "/v1.0/healthz", null), (HttpMethod.Get, "/v1.0/state/rehearsal/key", null), (HttpMethod.Post, "/v1.0/state/rehearsal", "[]")])
        {
            using var request = new HttpRequestMessage(method, new Uri(door, path)) { Content = body is null ? null : new StringContent(body) };
            using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task CallGrpcAsync(string door, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(door, new() { HttpHandler = new SocketsHttpHandler { UseProxy = false }, DisposeHttpClient = true });
        try
        {
            await new DaprApi.DaprClient(channel).GetStateAsync(new GetStateRequest { StoreName = "rehearsal", Key = "key" }, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unauthenticated or StatusCode.Unavailable)
        {
            // As it must be.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Rehearsed in {Milliseconds:0} ms", EventName = "Rehearsed")]
        public static partial void Rehearsed(ILogger logger, double milliseconds);

        [LoggerMessage(2, LogLevel.Warning, "The rehearsal failed: first calls will be slower until they have run a few times", EventName = "NotRehearsed")]
        public static partial void NotRehearsed(ILogger logger, Exception exception);
    }
}
