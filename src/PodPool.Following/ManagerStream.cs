using System.Net;
using System.Net.Security;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Following;

/// <summary>One manager's address: a channel, and a stream that is opened again whenever it ends, for as long as the address is wanted.</summary>
internal sealed class ManagerStream<TUp, TDown> : IDisposable
    where TUp : class
    where TDown : class
{
    /// <summary>A snapshot is one message, however much there is.</summary>
    private const int LargestMessage = 256 << 20;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly IFollower<TUp, TDown> _follower;
    private readonly Succession<TUp, TDown> _succession;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly GrpcChannel _channel;
    private readonly CallInvoker _invoker;

    /// <param name="endPoint">Where the manager listens.</param>
    /// <param name="identity">Who this process is over TLS; null: none is spoken.</param>
    /// <param name="follower">Who talks with the manager that is followed.</param>
    /// <param name="succession">Who decides which that is.</param>
    /// <param name="connectTimeout">How long it may take to accept a connection.</param>
    /// <param name="time">What time it is.</param>
    /// <param name="logger">Where it logs.</param>
    public ManagerStream(
        EndPoint endPoint, FolderIdentity? identity, IFollower<TUp, TDown> follower, Succession<TUp, TDown> succession, TimeSpan connectTimeout, TimeProvider time,
        ILogger logger)
    {
        _name = endPoint.ToString()!;
        (_follower, _succession, _time, _logger) = (follower, succession, time, logger);
        _channel = GrpcChannel.ForAddress(identity is null ? "http://manager" : "https://manager", new()
        {
            MaxReceiveMessageSize = LargestMessage,
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = (_, cancellationToken) => identity is null
                    ? PodAddress.ConnectAsync(endPoint, cancellationToken)
                    : InstallationTls.ConnectAsync(endPoint, CallAs(identity.Current), cancellationToken),
                ConnectTimeout = connectTimeout,
                UseProxy = false,
                EnableMultipleHttp2Connections = true,
                ActivityHeadersPropagator = null,

                // A manager's machine that is gone without a word is found out; a process that ends closes its connection.
                KeepAlivePingDelay = TimeSpan.FromSeconds(5),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            },
        });
        _invoker = _channel.CreateCallInvoker();
    }

    /// <summary>Keeps a stream. Never throws.</summary>
    /// <param name="failed">A connection failed: whether the address is still wanted is to be looked at anew.</param>
    /// <param name="isWanted">Asked whenever there is no connection.</param>
    /// <param name="stoppingToken">Ends it.</param>
    public async Task RunAsync(Action failed, Func<bool> isWanted, CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested && isWanted())
        {
            var begun = _time.GetTimestamp();
            var end = await TalkAsync(stoppingToken).ConfigureAwait(false);
            if (end.ComeBack is { } comeBack)
            {
                await comeBack.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            // Not by what was said: a manager that says all and ends at once would be asked without a pause.
            failures = _time.GetElapsedTime(begun) >= LongestPause ? 0 : failures + 1;
            LogEnd(end.Fault, end.WasFollowed || failures <= 1);
            failed();
            var pause = FirstPause * (1 << Math.Clamp(failures - 1, 0, 10));
            await Task.Delay(
                (pause < LongestPause ? pause : LongestPause) * (0.75 + (Random.Shared.NextDouble() / 2)), _time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _channel.Dispose();

    private static SslClientAuthenticationOptions CallAs(FolderCertificate own) => InstallationTls.Call(InstallationTls.ManagerName, own.Context, own.Servers);

    /// <summary>One stream, until either side ends it.</summary>
    private async Task<End> TalkAsync(CancellationToken stoppingToken)
    {
        using var talk = new ManagerTalk<TUp, TDown>(_name, _invoker, _follower, stoppingToken);
        var end = new End();
        try
        {
            await talk.TellAsync(_follower.Hello, talk.Ending).ConfigureAwait(false);
            await foreach (var update in talk.ListenAsync().ConfigureAwait(false))
            {
                if (_succession.Hear(talk, update) is { } comeBack)
                {
                    end = end with { ComeBack = comeBack };
                    break;
                }
            }
        }
#pragma warning disable CA1031 // Whatever a manager says or does: we go on, and comes back to it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            end = end with { Fault = exception };
        }

        end = end with { WasFollowed = _succession.Ended(talk) };
        return talk.IsRenewed ? end with { ComeBack = Task.CompletedTask } : end;
    }

    /// <summary>A manager that is away for long is said once; the rest is for those who look closely.</summary>
    private void LogEnd(Exception? fault, bool isNews)
    {
        var level = isNews ? LogLevel.Warning : LogLevel.Debug;
        switch (fault)
        {
            case null:
                ManagerStreamLog.Ended(_logger, _name);
                break;
            case RpcException refused when refused.ReasonOf() == Reason.NotLeader:
                ManagerStreamLog.Deposed(_logger, _name);
                break;
            case RpcException or HttpRequestException or IOException or OperationCanceledException:
                ManagerStreamLog.Lost(_logger, level, _name, fault.Message);
                break;
            default:
                ManagerStreamLog.Defect(_logger, _name, fault);
                break;
        }
    }

    /// <summary>How a stream ended.</summary>
    /// <param name="ComeBack">When to open the next; null: after a pause.</param>
    /// <param name="Fault">Why; null: as it should.</param>
    /// <param name="WasFollowed">It was the leader's.</param>
    private readonly record struct End(Task? ComeBack, Exception? Fault, bool WasFollowed);
}

internal static partial class ManagerStreamLog
{
    [LoggerMessage(EventId = 1, Message = "No manager at {Manager}, going on with what is known: {Message}")]
    public static partial void Lost(ILogger logger, LogLevel level, string manager, string message);

    [LoggerMessage(2, LogLevel.Information, "The manager at {Manager} ended the stream")]
    public static partial void Ended(ILogger logger, string manager);

    [LoggerMessage(3, LogLevel.Information, "The manager at {Manager} leads no more")]
    public static partial void Deposed(ILogger logger, string manager);

    [LoggerMessage(4, LogLevel.Error, "What the manager at {Manager} said could not be taken in")]
    public static partial void Defect(ILogger logger, string manager, Exception exception);
}
