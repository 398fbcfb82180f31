using System.Globalization;
using System.Text;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Grpc.Core;
using PodPool.DaprStandIn.Apps;
using PodPool.DaprStandIn.Invocation;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>Calls of applications' methods by gRPC: InvokeService in dapr/dapr pkg/api/grpc/grpc.go.</summary>
internal sealed class InvokeCalls(InvokeApi invoke)
{
    public async Task<InvokeResponse> InvokeAsync(InvokeServiceRequest request, ServerCallContext call)
    {
        var message = request.Message ?? new();
        var headers = call.RequestHeaders.Where(header => !header.IsBinary && !header.Key.StartsWith(':') && header.Key is not ("content-type" or "te" or "user-agent" or "grpc-accept-encoding"))
            .Select(header => KeyValuePair.Create(header.Key, header.Value)).ToList();
        var body = message.Data?.Value is { Length: > 0 } data ? new MemoryStream(data.ToByteArray()) : Stream.Null;
        var verb = message.HttpExtension?.Verb is { } given and not HTTPExtension.Types.Verb.None ? given.ToString().ToUpperInvariant() : "POST";
        using var answer = await invoke.InvokeAsync(
            request.Id, new(verb, message.Method, message.HttpExtension?.Querystring ?? "", headers, message.ContentType.Length > 0 ? message.ContentType : null, body), call.CancellationToken);
        using var read = new MemoryStream();
        await answer.Body.CopyToAsync(read, call.CancellationToken);
        if (answer.IsHttp)
        {
            await call.WriteResponseHeadersAsync(new() { { "dapr-http-status", answer.Status.ToString(CultureInfo.InvariantCulture) } });
            if (HttpStatusCodes.CodeOf(answer.Status) != StatusCode.OK)
            {
                throw HttpStatusCodes.ErrorOf(answer.Status, Encoding.UTF8.GetString(read.ToArray()));
            }
        }
        else if (answer.Status != 0)
        {
            throw new RpcException(new((StatusCode)answer.Status, answer.Fault ?? ""));
        }

        return new() { ContentType = answer.ContentType ?? "", Data = new() { Value = ByteString.CopyFrom(read.ToArray()) } };
    }
}
