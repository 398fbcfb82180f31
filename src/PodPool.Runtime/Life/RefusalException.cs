using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Runtime.Life;

/// <summary>Why a claim is refused or a specialization failed, as the manager gets to know it.</summary>
internal sealed class RefusalException(Reason reason, string message, Exception? inner = null, params (string Key, string Value)[] metadata)
    : Exception(message, inner)
{
    public RefusalException(Reason reason, string message, params (string Key, string Value)[] metadata)
        : this(reason, message, null, metadata)
    {
    }

    public Reason Reason => reason;

    public RpcException ToRpc() => reason.ToException(Message, metadata);
}
