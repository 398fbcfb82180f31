namespace PodPool.DaprProxy.Http;

/// <summary>Where calls by HTTP go, and what passes.</summary>
/// <param name="Daprd">daprd's HTTP API.</param>
/// <param name="DaprdToken">The token that daprd wants of its callers; null: none.</param>
/// <param name="Router">The router, for calls of functions.</param>
/// <param name="MaxBody">Bytes of a body that the door has to read: what names keys. daprd's own limit is 4 MiB unless it is told another.</param>
internal sealed record DoorTargets(Uri Daprd, string? DaprdToken, Uri Router, long MaxBody = 4 << 20);
