using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>What a watch tells of an object.</summary>
internal enum WatchEventKind
{
    Added,
    Modified,
    Deleted,

    /// <summary>Of no object: everything up to a version has been told.</summary>
    Bookmark,
}

/// <param name="Kind">What happened.</param>
/// <param name="Subject">The object as it then was; null with a bookmark.</param>
/// <param name="Version">Of what happened.</param>
internal readonly record struct WatchEvent<T>(WatchEventKind Kind, T? Subject, string Version);

/// <summary>An open watch: lines of JSON, for as long as the connection and the server allow.</summary>
internal sealed class Watch<T>(ApiCall call, HttpResponseMessage response, Stream stream) : IDisposable
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly PipeReader _reader = PipeReader.Create(stream);

    /// <summary>All events until the server ends the watch.</summary>
    /// <exception cref="ApiException">The connection broke, or the server told of an error: <see cref="ApiFailure.Gone"/> means list anew.</exception>
    public async IAsyncEnumerable<WatchEvent<T>> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await ReadAsync(cancellationToken).ConfigureAwait(false);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, end);
                rest = rest.Slice(rest.GetPosition(1, end));
                if (!line.IsEmpty)
                {
                    yield return EventOf(line);
                }
            }

            _reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
            {
                // Half a line at the end was cut off; who watches on gets it again.
                yield break;
            }
        }
    }

    /// <summary>Breaks the watch off.</summary>
    public void Dispose()
    {
        stream.Dispose();
        response.Dispose();
    }

    private async Task<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or ObjectDisposedException)
        {
            throw KubernetesApi.Unreachable(call, exception);
        }
    }

    private WatchEvent<T> EventOf(ReadOnlySequence<byte> json)
    {
        try
        {
            var line = ApiJson.Read<Line>(json);
            switch (line.Type)
            {
                case "ADDED":
                    return ObjectOf(WatchEventKind.Added, line.Object);
                case "MODIFIED":
                    return ObjectOf(WatchEventKind.Modified, line.Object);
                case "DELETED":
                    return ObjectOf(WatchEventKind.Deleted, line.Object);
                case "BOOKMARK":
                    // Has a version and nothing else; our own classes may insist on more.
                    return new(WatchEventKind.Bookmark, null, line.Object.GetProperty("metadata").GetProperty("resourceVersion").GetString() ?? "");
                case "ERROR":
                    var status = ApiJson.Read<V1Status>(line.Object);
                    throw ApiException.Of(call.Doing, status.Code ?? 500, status);
                default:
                    throw new JsonException($"an event of the unknown type '{line.Type}'");
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ApiException(ApiFailure.Other, $"cannot {call.Doing}: an event cannot be read: {exception.Message}", exception);
        }
    }

    private static WatchEvent<T> ObjectOf(WatchEventKind kind, JsonElement json)
    {
        var subject = ApiJson.Read<T>(json);
        return subject.Metadata?.ResourceVersion is { Length: > 0 } version
            ? new(kind, subject, version)
            : throw new JsonException("an object without a version");
    }

    private sealed record Line(string Type, JsonElement Object);
}
