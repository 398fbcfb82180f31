using System.Text;
using System.Text.Json;
using CsCheck;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.State;

namespace PodPool.DaprProxy.Tests.State;

/// <summary>Bodies keep their meaning but for the keys, and no spelling gets a foreign key past the door.</summary>
public sealed class StateBodiesTests
{
    private static readonly KeySpace Space = KeySpace.Of("shop", "cart", new StateStoreAccess());

    [Fact]
    public void Items_to_save_keep_all_but_their_keys()
        => Same(
            """[{"key":"f.shop.cart:1","value":{"a":[1,2.50,"\u00e9"]},"etag":"7","metadata":{"ttlInSeconds":"5"},"options":{"concurrency":"first-write"}},{"key":"f.shop.cart:2"}]""",
            StateBodies.Save(Utf8("""[{"key":"1","value":{"a":[1,2.50,"\u00e9"]},"etag":"7","metadata":{"ttlInSeconds":"5"},"options":{"concurrency":"first-write"}},{"key":"2"}]"""), Space));

    [Fact]
    public void A_bulk_request_asks_for_its_own_keys()
        => Same("""{"keys":["f.shop.cart:1","f.shop.cart:f.shop.till:2"],"parallelism":10}""", StateBodies.BulkRequest(Utf8("""{"keys":["1","f.shop.till:2"],"parallelism":10}"""), Space));

    [Fact]
    public void A_transaction_works_on_its_own_keys()
        => Same(
            """{"operations":[{"operation":"upsert","request":{"key":"f.shop.cart:1","value":"x"}},{"operation":"delete","request":{"key":"f.shop.cart:2"}}],"metadata":{"partitionKey":"p"}}""",
            StateBodies.Transaction(Utf8("""{"operations":[{"operation":"upsert","request":{"key":"1","value":"x"}},{"operation":"delete","request":{"key":"2"}}],"metadata":{"partitionKey":"p"}}"""), Space));

    [Fact]
    public void A_lock_is_of_its_own_resource()
        => Same(
            """{"resourceId":"f.shop.cart:r","lockOwner":"me","expiryInSeconds":60}""",
            StateBodies.Lock(Utf8("""{"resourceId":"r","lockOwner":"me","expiryInSeconds":60}"""), Space));

    [Fact]
    public void Of_what_was_found_only_the_functions_own_comes_out()
    {
        Same(
            """[{"key":"1","data":"x","etag":"3"},{"key":"2","error":"no"}]""",
            StateBodies.BulkResponse(Utf8("""[{"key":"f.shop.cart:1","data":"x","etag":"3"},{"key":"f.shop.till:1","data":"secret"},{"key":"f.shop.cart:2","error":"no"}]"""), Space));
        Same(
            """{"results":[{"key":"1","data":{"a":1}}],"token":"2"}""",
            StateBodies.QueryResponse(Utf8("""{"results":[{"key":"f.shop.till:1","data":{}},{"key":"f.shop.cart:1","data":{"a":1}}],"token":"2"}"""), Space));
    }

    [Theory]
    [InlineData("", "the body is no JSON")]
    [InlineData("[{", "the body is no JSON")]
    [InlineData("{}", "the body is no JSON array")]
    [InlineData("[1]", "an item is no JSON object")]
    [InlineData("""[{"value":1}]""", "the field 'key' is missing")]
    [InlineData("""[{"key":1}]""", "a key is no string")]
    [InlineData("""[{"key":""}]""", "a key is empty")]
    [InlineData("""[{"key":"mine","KEY":"yours"}]""", "an item has the field 'key' twice")]
    [InlineData("""[{"key":"mine","key":"yours"}]""", "an item has the field 'key' twice")]
    [InlineData("""[{"key":"\ud800"}]""", "half a surrogate pair")]
    [InlineData("""[{"\ud800":1}]""", "half a surrogate pair")]
    public void What_makes_no_sense_is_named(string body, string message)
        => Assert.Contains(message, Assert.Throws<FormatException>(() => StateBodies.Save(Utf8(body), Space)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_value_passes_byte_for_byte()
        => Assert.Contains("""{"b" : 1e400, "a":"\ud800", "a":2}""", Encoding.UTF8.GetString(StateBodies.Save(Utf8("""[{"key":"1","value":{"b" : 1e400, "a":"\ud800", "a":2}}]"""), Space)), StringComparison.Ordinal);

    [Fact]
    public void However_the_fields_are_spelt_daprd_reads_no_key_but_the_functions_own()
    {
        // Names that Go's JSON takes for "key", and some that it does not.
        var name = Gen.OneOf("key", "KEY", "Key", "kEy", "\u212Aey", "\u212AEY", "k\\u0065y", "keys", "value", "etag", "");
        var field = Gen.Select(name, OddKeys.Key, (field, value) => $"\"{field}\":{JsonSerializer.Serialize(value)}");
        field.Array[0, 5].Array[1, 3].Sample(items =>
        {
            var body = $"[{string.Join(',', items.Select(fields => $"{{{string.Join(',', fields)}}}"))}]";
            byte[] rewritten;
            try
            {
                rewritten = StateBodies.Save(Utf8(body), Space);
            }
            catch (FormatException)
            {
                return;
            }

            using var document = JsonDocument.Parse(rewritten);
            foreach (var item in document.RootElement.EnumerateArray())
            {
                var keys = item.EnumerateObject().Where(field => GoTakesForKey(field.Name)).Select(field => field.Value.GetString()!).ToList();
                Assert.NotEmpty(keys);
                Assert.All(keys, key => Assert.True(Space.TryLeave(key, out _), body));
            }
        });
    }

    /// <summary>As encoding/json folds names: ASCII letters, and the Kelvin sign.</summary>
    private static bool GoTakesForKey(string name) => string.Equals(name.Replace('\u212A', 'k'), "key", StringComparison.OrdinalIgnoreCase);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static void Same(string expected, byte[] actual) => Assert.Equal(expected, Encoding.UTF8.GetString(actual));
}
