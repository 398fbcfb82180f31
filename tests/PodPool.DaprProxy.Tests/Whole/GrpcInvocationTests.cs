using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>Functions that functions invoke by gRPC.</summary>
public sealed class GrpcInvocationTests(DoorFixture door) : IClassFixture<DoorFixture>
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_function_is_called_through_the_router_as_if_by_HTTP_and_sees_no_token()
    {
        var (client, token) = Caller();
        door.Router.On("shop/till", _ => new(201, """{"total":7}"""));
        var request = Request("till.shop", "orders/1", HTTPExtension.Types.Verb.Put, "fast=yes");
        request.Message.Data = new() { Value = ByteString.CopyFromUtf8("""{"apples":3}""") };
        request.Message.ContentType = "application/json";
        token.Add("x-mine", "kept");

        using var call = client.InvokeServiceAsync(request, token, cancellationToken: Test);

        var answer = await call;
        Assert.Equal("""{"total":7}""", answer.Data.Value.ToStringUtf8());
        Assert.StartsWith("application/json", answer.ContentType, StringComparison.Ordinal);
        Assert.Equal("201", (await call.ResponseHeadersAsync).GetValue("dapr-http-status"));
        var posted = await door.Router.NextAsync("shop/till");
        Assert.Equal(("PUT", "/orders/1?fast=yes", """{"apples":3}""", "kept"), (posted.Method, posted.Path, posted.Body, posted.Headers["x-mine"]));
        Assert.DoesNotContain(posted.Headers.Values, value => value.Contains("podpool.", StringComparison.Ordinal) || value.Contains(DoorFixture.DaprdToken, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_function_refuses_comes_as_daprd_tells_it_of_an_application()
    {
        var (client, token) = Caller();
        door.Router.On("shop/till", _ => new(404, "no such order"));
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.InvokeServiceAsync(Request("till.shop", "orders/2"), token, cancellationToken: Test));
        Assert.Equal((StatusCode.NotFound, "Not Found"), (refused.StatusCode, refused.Status.Detail));
        var info = refused.GetRpcStatus()!.GetDetail<ErrorInfo>();
        Assert.Equal(("404", "no such order"), (info.Metadata["http.code"], info.Metadata["http.error_message"]));
        await door.Router.NextAsync("shop/till");
    }

    [Theory]
    [InlineData("../vault/secrets")]
    [InlineData("orders/%2e%2e/%2e%2e/vault")]
    [InlineData("orders HTTP/1.1\r\nx-podpool-function: shop/vault\r\n")]
    [InlineData("orders#1")]
    [InlineData("bücher")]
    public async Task A_method_that_is_no_path_in_the_function_reaches_nobody(string method)
    {
        var (client, token) = Caller();
        var before = door.Router.All.Count(posted => posted.Function != "shop/till");
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.InvokeServiceAsync(Request("till.shop", method), token, cancellationToken: Test));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Equal(before, door.Router.All.Count(posted => posted.Function != "shop/till"));
    }

    [Fact]
    public async Task A_target_that_is_not_named_is_refused_and_one_that_is_no_function_is_daprds_to_find()
    {
        door.Manager.Function("vault", null);
        var (client, token) = Caller();
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.InvokeServiceAsync(Request("vault.shop", "x"), token, cancellationToken: Test));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        Assert.Contains("spec.dapr.invoke", refused.Status.Detail, StringComparison.Ordinal);

        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await client.InvokeServiceAsync(Request("legacy", "x"), token, cancellationToken: Test));
        Assert.Contains("legacy", unknown.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("spec.dapr", unknown.Status.Detail, StringComparison.Ordinal);
    }

    private (Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient Client, Metadata Token) Caller()
    {
        door.Manager.Function("till", null);
        door.Manager.Function("caller", new() { Invoke = { "till.shop", "legacy" } });
        return door.Grpc(door.Manager.Instance("caller"));
    }

    private static InvokeServiceRequest Request(string target, string method, HTTPExtension.Types.Verb verb = HTTPExtension.Types.Verb.Get, string query = "")
        => new() { Id = target, Message = new() { Method = method, HttpExtension = new() { Verb = verb, Querystring = query } } };
}
