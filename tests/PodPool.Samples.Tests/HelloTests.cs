using Hello;

namespace PodPool.Samples.Tests;

public sealed class HelloTests
{
    private readonly HelloFunction _function = new();

    [Theory]
    [InlineData("", "hello world")]
    [InlineData("?name=", "hello world")]
    [InlineData("?name=Ada", "hello Ada")]
    [InlineData("?name=Gr%C3%A1inne%20%C3%93", "hello Gráinne Ó")]
    public async Task Greets_who_is_named_in_the_query(string query, string greeting)
    {
        var answer = await Call.GetAsync(_function, query);

        Assert.Equal((200, greeting), (answer.Status, answer.Json.GetProperty("message").GetString()));
    }

    [Theory]
    [InlineData("""{"name":"Ada"}""", "hello Ada")]
    [InlineData("{}", "hello world")]
    [InlineData("null", "hello world")]
    public async Task Greets_who_is_named_in_the_body(string body, string greeting)
    {
        var answer = await Call.PostAsync(_function, body);

        Assert.Equal((200, greeting), (answer.Status, answer.Json.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task Refuses_a_body_that_is_no_JSON_and_shows_what_one_looks_like()
    {
        var answer = await Call.PostAsync(_function, """{"name":""");

        Assert.StartsWith("""The body is not like {"name":"Ada"}""", answer.Problem, StringComparison.Ordinal);
    }
}
