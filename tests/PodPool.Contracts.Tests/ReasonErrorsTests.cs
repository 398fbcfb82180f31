using Grpc.Core;
using PodPool.Contracts.V1;

namespace PodPool.Contracts.Tests;

public sealed class ReasonErrorsTests
{
    public static TheoryData<Reason> Reasons => [.. Enum.GetValues<Reason>()];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_reason_goes_over_the_wire_and_comes_back_with_its_message_and_metadata(Reason reason)
    {
        var thrown = reason.ToException("what is wrong: do this", ("function", "default/hello"), ("retry_after_ms", "250"));

        // What a client gets: status, detail and trailers, nothing else.
        var received = new RpcException(new(thrown.StatusCode, thrown.Status.Detail), thrown.Trailers);

        Assert.Equal(reason, received.ReasonOf());
        Assert.Equal("what is wrong: do this", received.Status.Detail);
        Assert.Equal("default/hello", received.InfoOf()!.Metadata["function"]);
        Assert.Equal("250", received.InfoOf()!.Metadata["retry_after_ms"]);
        Assert.NotEqual(StatusCode.OK, received.StatusCode);
        Assert.NotEqual(StatusCode.Unknown, received.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_reasons_name_is_the_protos(Reason reason)
    {
        Assert.Matches("^[A-Z][A-Z_]*[A-Z]$", reason.WireName());
        Assert.Equal(reason.ToString(), string.Concat(reason.WireName().Split('_').Select(part => part[..1] + part[1..].ToLowerInvariant()))
            .Replace("ReasonUnspecified", "Unspecified", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Reason.ClaimUnsigned, StatusCode.Unauthenticated)]
    [InlineData(Reason.ClaimExpired, StatusCode.Unauthenticated)]
    [InlineData(Reason.ClaimWrongPod, StatusCode.PermissionDenied)]
    [InlineData(Reason.ClaimWrongManifest, StatusCode.PermissionDenied)]
    [InlineData(Reason.ClaimConflict, StatusCode.FailedPrecondition)]
    [InlineData(Reason.PodNotWarm, StatusCode.FailedPrecondition)]
    [InlineData(Reason.EntryPointNotFound, StatusCode.FailedPrecondition)]
    [InlineData(Reason.AssemblyMissing, StatusCode.FailedPrecondition)]
    [InlineData(Reason.StartupFailed, StatusCode.FailedPrecondition)]
    [InlineData(Reason.RuntimeMismatch, StatusCode.FailedPrecondition)]
    [InlineData(Reason.ArchitectureMismatch, StatusCode.FailedPrecondition)]
    [InlineData(Reason.BreakerOpen, StatusCode.FailedPrecondition)]
    [InlineData(Reason.PackageInvalid, StatusCode.InvalidArgument)]
    [InlineData(Reason.InvalidArgument, StatusCode.InvalidArgument)]
    [InlineData(Reason.PackageTooLarge, StatusCode.ResourceExhausted)]
    [InlineData(Reason.StorageFull, StatusCode.ResourceExhausted)]
    [InlineData(Reason.PoolEmpty, StatusCode.ResourceExhausted)]
    [InlineData(Reason.ScaleLimit, StatusCode.ResourceExhausted)]
    [InlineData(Reason.DigestMismatch, StatusCode.DataLoss)]
    [InlineData(Reason.FileMissing, StatusCode.FailedPrecondition)]
    [InlineData(Reason.StartupTimeout, StatusCode.DeadlineExceeded)]
    [InlineData(Reason.FunctionNotFound, StatusCode.NotFound)]
    [InlineData(Reason.PoolNotFound, StatusCode.NotFound)]
    [InlineData(Reason.FunctionDeleted, StatusCode.Aborted)]
    [InlineData(Reason.PodGone, StatusCode.Unavailable)]
    [InlineData(Reason.ShuttingDown, StatusCode.Unavailable)]
    [InlineData(Reason.NotLeader, StatusCode.Unavailable)]
    [InlineData(Reason.Internal, StatusCode.Internal)]
    public void A_reasons_status_is_what_the_protos_say(Reason reason, StatusCode expected)
        => Assert.Equal(expected, reason.ToException("x").StatusCode);

    [Theory]
    [InlineData("x", 100_000, 4096)]
    [InlineData("☃", 100_000, 4096)]
    [InlineData("x😀", 100_000, 4096)]
    [InlineData("😀", 100_000, 4095)]
    [InlineData("x", 4096, 4096)]
    public void A_message_is_cut_before_it_is_too_long_to_be_told(string of, int times, int length)
    {
        var error = Reason.StartupFailed.ToException(string.Concat(Enumerable.Repeat(of, times)));

        Assert.Equal(length, error.Status.Detail.Length);
        Assert.Equal(times > 4096, error.Status.Detail.EndsWith('…'));
        Assert.Equal(error.Status.Detail, System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(error.Status.Detail)));
        var encoded = System.Text.Encoding.UTF8.GetByteCount(error.Status.Detail) * 3;
        Assert.InRange(encoded + error.Trailers.Sum(entry => entry.IsBinary ? entry.ValueBytes.Length * 4 / 3 : entry.Value.Length), 0, 60_000);
        Assert.Equal(Reason.StartupFailed, error.ReasonOf());
    }

    [Fact]
    public void An_error_of_somebody_else_has_no_reason()
    {
        Assert.Equal(Reason.Unspecified, new RpcException(new(StatusCode.Unavailable, "gone")).ReasonOf());
        Assert.Null(new RpcException(new(StatusCode.Unavailable, "gone")).InfoOf());
        var foreign = new Google.Rpc.Status
        {
            Code = (int)StatusCode.NotFound,
            Details = { Google.Protobuf.WellKnownTypes.Any.Pack(new Google.Rpc.ErrorInfo { Domain = "example.com", Reason = "POOL_EMPTY" }) },
        };
        Assert.Equal(Reason.Unspecified, foreign.ToRpcException().ReasonOf());
    }

    [Fact]
    public void A_reason_that_a_newer_peer_may_send_is_none_that_we_know()
    {
        var newer = new Google.Rpc.Status
        {
            Code = (int)StatusCode.Unavailable,
            Details = { Google.Protobuf.WellKnownTypes.Any.Pack(new Google.Rpc.ErrorInfo { Domain = ReasonErrors.Domain, Reason = "SOMETHING_NEW" }) },
        };

        Assert.Equal(Reason.Unspecified, newer.ToRpcException().ReasonOf());
        Assert.Equal("INTERNAL", ((Reason)9999).WireName());
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void The_codes_fault_is_what_the_proto_lists_as_such(Reason reason)
        => Assert.Equal((int)reason is >= 1 and < 20, reason.IsFaultOfCode());
}
