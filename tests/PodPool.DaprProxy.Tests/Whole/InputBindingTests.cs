using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>What input bindings bring, through daprd and the door, to the function that takes it.</summary>
public sealed class InputBindingTests(DoorFixture door) : IClassFixture<DoorFixture>
{
    [Fact]
    public async Task What_a_binding_brings_follows_the_function_that_takes_it()
    {
        Take("first", "");
        var posted = await door.Router.NextAsync("shop/first");
        Assert.Equal(("POST", "/tick"), (posted.Method, posted.Path));
        Assert.True(posted.Headers.ContainsKey("readtimeutc"));
        Assert.DoesNotContain(
            posted.Headers, header => header.Key is "dapr-api-token" or "accept-encoding" || header.Value.Contains(DoorFixture.AppToken, StringComparison.Ordinal));

        // Another function takes it from now on, elsewhere.
        door.Manager.Function("first", new());
        Take("second", "/jobs/tick?now=1");
        Assert.Equal("/jobs/tick?now=1", (await door.Router.NextAsync("shop/second")).Path);

        // Nobody does, and then somebody again: daprd is told without a new start.
        door.Manager.Function("second", new());
        Take("third", "/third");
        Assert.Equal("/third", (await door.Router.NextAsync("shop/third")).Path);

        // A daprd that is new, and a door that is.
        await door.Daprd.KillAsync();
        await door.Daprd.StartAgainAsync();
        door.Router.Drain("shop/third");
        await door.Router.NextAsync("shop/third");
        await door.KillDoorAsync();
        await door.StartDoorAsync();
        door.Router.Drain("shop/third");
        await door.Router.NextAsync("shop/third");
    }

    [Fact]
    public async Task Only_daprd_may_call_the_door_as_its_application()
    {
        foreach (var (method, path) in ((string, string)[])[("POST", "/tick"), ("OPTIONS", "/tick"), ("GET", "/dapr/subscribe"), ("GET", "/healthz")])
        {
            foreach (var token in (string?[])[null, "wrong", DoorFixture.DaprdToken])
            {
                Assert.Equal(401, await door.AppAsync(method, path, token));
            }
        }

        Assert.Equal(404, await door.AppAsync("POST", "/unknown", DoorFixture.AppToken));
        Assert.Equal(404, await door.AppAsync("GET", "/v1.0/metadata", DoorFixture.AppToken));

        // And as a sidecar it is no application.
        door.Manager.Function("nosy", new());
        Assert.Equal(404, (await door.SendAsync("GET", "/dapr/subscribe", door.Manager.Instance("nosy"))).Status);
    }

    private void Take(string function, string path)
        => door.Manager.Function(function, new() { InputBindings = { new DaprInputBinding { Name = "tick", Path = path } } });
}
