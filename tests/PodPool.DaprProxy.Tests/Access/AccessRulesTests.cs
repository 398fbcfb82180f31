using Grpc.Core;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.Access;

namespace PodPool.DaprProxy.Tests.Access;

/// <summary>A function may use what its spec names, and hears where it would have to name the rest.</summary>
public sealed class AccessRulesTests
{
    private static readonly DaprAccess Granted = new()
    {
        StateStores = { new StateStoreAccess { Store = "orders" } },
        PubSubs = { new PubSubAccess { PubSub = "events", Topics = { "created", "paid/late" } }, new PubSubAccess { PubSub = "open" } },
        Bindings = { "mail" },
        SecretStores = { new SecretStoreAccess { Store = "vault", Secrets = { "mail-password" } }, new SecretStoreAccess { Store = "open" } },
        ConfigurationStores = { new ConfigurationStoreAccess { Store = "settings", Keys = { "colour", "size" } }, new ConfigurationStoreAccess { Store = "open" } },
        LockStores = { new LockStoreAccess { Store = "locks" } },
        Invoke = { "greeter.shop", "legacy-app" },
    };

    [Fact]
    public void What_the_spec_names_may_pass()
    {
        DaprCall[] calls =
        [
            new DaprCall.State("orders"),
            new DaprCall.Publish("events", "created"),
            new DaprCall.Publish("events", "paid/late"),
            new DaprCall.Publish("open", "anything"),
            new DaprCall.Binding("mail"),
            new DaprCall.Secret("vault", "mail-password"),
            new DaprCall.Secret("open", "anything"),
            new DaprCall.Secret("open", null),
            new DaprCall.Configuration("settings", ["size", "colour"]),
            new DaprCall.Configuration("open", []),
            new DaprCall.Lock("locks"),
            new DaprCall.Invoke("greeter.shop"),
            new DaprCall.Invoke("legacy-app"),
            new DaprCall.Health(),
        ];
        Assert.All(calls, call => Assert.Null(AccessRules.Check("shop/cart", Granted, call)));
    }

    [Fact]
    public void What_it_does_not_name_gets_the_status_that_Dapr_gives_for_it()
    {
        Refused(new DaprCall.State("Orders"), 400, StatusCode.InvalidArgument, "ERR_STATE_STORE_NOT_FOUND", "spec.dapr.stateStores of the function shop/cart");
        Refused(new DaprCall.Publish("other", "created"), 404, StatusCode.InvalidArgument, "ERR_PUBSUB_NOT_FOUND", "spec.dapr.pubSubs of the function shop/cart");
        Refused(new DaprCall.Publish("events", "paid"), 403, StatusCode.PermissionDenied, "ERR_PUBSUB_FORBIDDEN", "topic paid is not allowed");
        Refused(new DaprCall.Binding("fax"), 500, StatusCode.Internal, "ERR_INVOKE_OUTPUT_BINDING", "spec.dapr.bindings");
        Refused(new DaprCall.Secret("other", "x"), 401, StatusCode.InvalidArgument, "ERR_SECRET_STORE_NOT_FOUND", "spec.dapr.secretStores");
        Refused(new DaprCall.Secret("vault", "root-password"), 403, StatusCode.PermissionDenied, "ERR_PERMISSION_DENIED", "\"root-password\" from \"vault\"");
        Refused(new DaprCall.Secret("vault", "mail-password", "other"), 403, StatusCode.PermissionDenied, "ERR_PERMISSION_DENIED", "the namespace \"other\" of \"vault\"");
        Refused(new DaprCall.Secret("vault", null), 403, StatusCode.PermissionDenied, "ERR_PERMISSION_DENIED", "one by one");
        Refused(new DaprCall.Configuration("other", []), 400, StatusCode.InvalidArgument, "ERR_CONFIGURATION_STORE_NOT_FOUND", "spec.dapr.configurationStores");
        Refused(new DaprCall.Configuration("settings", ["size", "price"]), 403, StatusCode.PermissionDenied, "ERR_PERMISSION_DENIED", "access denied to price");
        Refused(new DaprCall.Configuration("settings", []), 403, StatusCode.PermissionDenied, "ERR_PERMISSION_DENIED", "all keys");
        Refused(new DaprCall.Lock("other"), 400, StatusCode.InvalidArgument, "ERR_LOCK_STORE_NOT_FOUND", "spec.dapr.lockStores");
        Refused(new DaprCall.Invoke("greeter"), 403, StatusCode.PermissionDenied, "ERR_DIRECT_INVOKE", "spec.dapr.invoke");
        Refused(new DaprCall.Unknown("POST /v1.0/shutdown"), 404, StatusCode.Unimplemented, "ERR_NOT_FOUND", "POST /v1.0/shutdown");
    }

    [Fact]
    public void A_function_without_Dapr_may_nothing_but_ask_whether_it_is_there()
    {
        Assert.NotNull(AccessRules.Check("shop/cart", new(), new DaprCall.State("orders")));
        Assert.NotNull(AccessRules.Check("shop/cart", new(), new DaprCall.Secret("vault", null)));
        Assert.Null(AccessRules.Check("shop/cart", new(), new DaprCall.Health()));
    }

    private static void Refused(DaprCall call, int http, StatusCode grpc, string code, string message)
    {
        var refusal = AccessRules.Check("shop/cart", Granted, call);
        Assert.NotNull(refusal);
        Assert.Equal((http, grpc, code), (refusal.HttpStatus, refusal.GrpcStatus, refusal.ErrorCode));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }
}
