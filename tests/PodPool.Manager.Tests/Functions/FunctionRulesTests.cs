using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Functions;

namespace PodPool.Manager.Tests.Functions;

public sealed class FunctionRulesTests
{
    [Theory]
    [InlineData("shop", "hello")]
    [InlineData("2nd", "order-mail2")]
    public void Takes_what_a_namespace_and_a_Service_may_be_named(string @namespace, string name)
        => Assert.Equal($"{@namespace}/{name}", FunctionRules.NameOf(new FunctionName { Namespace = @namespace, Name = name }).ToString());

    [Theory]
    [InlineData("shop", "", "''")]
    [InlineData("shop", "2nd", "'2nd'")]
    [InlineData("shop", "Hello", "'Hello'")]
    [InlineData("shop", "a.b", "'a.b'")]
    [InlineData("shop", "../x", "'../x'")]
    [InlineData("", "hello", "namespace ''")]
    [InlineData("-a", "hello", "namespace '-a'")]
    public void Refuses_what_none_may_be_named_and_says_which_it_is(string @namespace, string name, string which)
    {
        var failure = Assert.Throws<RpcException>(() => FunctionRules.NameOf(new FunctionName { Namespace = @namespace, Name = name }));
        Assert.Equal(Reason.InvalidArgument, failure.ReasonOf());
        Assert.Contains(which, failure.Status.Detail, StringComparison.Ordinal);
    }
}
