using System.Text.Json;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Google.Protobuf;
using PodPool.DaprProxy.Inbound;

namespace PodPool.DaprProxy.Tests.Inbound;

/// <summary>Whatever was published can be given to functions: an event that could not would come again for ever.</summary>
public sealed class TopicEventTests
{
    [Fact]
    public void Half_a_surrogate_pair_comes_as_it_was_published()
    {
        var topicEvent = Of("""{"\udc00":["\ud800"]}"""u8, "application/json");
        Assert.Contains(""" "data":{"\udc00":["\ud800"]}}""".Trim(), System.Text.Encoding.UTF8.GetString(topicEvent.Body.Span), StringComparison.Ordinal);
        Assert.NotNull(topicEvent.Attributes["data"]);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("image/png")]
    public void What_is_no_text_comes_in_base64(string contentType)
    {
        byte[] bytes = [(byte)'"', 0xff, (byte)'"'];
        var body = JsonElement.Parse(Of(bytes, contentType).Body.Span);
        Assert.Equal(bytes, body.GetProperty("data_base64").GetBytesFromBase64());
    }

    private static TopicEvent Of(ReadOnlySpan<byte> data, string contentType)
        => new(new TopicEventRequest { Id = "1", Source = "s", Type = "t", SpecVersion = "1.0", DataContentType = contentType, Data = ByteString.CopyFrom(data), Topic = "topic", PubsubName = "bus" });
}
