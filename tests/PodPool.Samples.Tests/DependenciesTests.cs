using Dependencies;

namespace PodPool.Samples.Tests;

public sealed class DependenciesTests : IDisposable
{
    private readonly AgendaFunction _function = new();

    [Fact]
    public async Task Uses_each_of_its_libraries_in_one_answer()
    {
        var answer = await Call.GetAsync(_function, "?zone=America/New_York&from=2026-01-01&days=14");

        var events = answer.Json.GetProperty("events").EnumerateArray().ToList();
        Assert.Equal("Harbour walk", events[0].GetProperty("title").GetString());                         // SQLite
        Assert.Equal("2026-01-01T04:00:00-05:00", events[0].GetProperty("starts").GetString());           // NodaTime
        Assert.Equal("2 hours, 30 minutes", events[0].GetProperty("lasts").GetString());                  // Humanizer
        Assert.Contains("<strong>old crane</strong>", events[0].GetProperty("notes").GetString(), StringComparison.Ordinal);   // Markdig
    }

    [Theory]
    [InlineData("?days=1", 1)]
    [InlineData("?days=14", 4)]
    [InlineData("?days=366", 6)]
    [InlineData("?from=2027-01-01", 0)]
    public async Task Tells_what_starts_in_the_days_asked_for(string query, int count)
    {
        var answer = await Call.GetAsync(_function, query);

        Assert.Equal((200, count), (answer.Status, answer.Json.GetProperty("events").GetArrayLength()));
    }

    [Theory]
    [InlineData("?zone=Middle/Earth", "zone: 'Middle/Earth'")]
    [InlineData("?from=tomorrow", "from: 'tomorrow'")]
    [InlineData("?days=0", "days:")]
    [InlineData("?days=many", "days:")]
    public async Task Refuses_a_bad_query_and_names_what_is_wrong_with_it(string query, string detail)
        => Assert.StartsWith(detail, (await Call.GetAsync(_function, query)).Problem, StringComparison.Ordinal);

    [Fact]
    public async Task Answers_many_callers_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => Call.GetAsync(_function))));

        Assert.Single(answers.Select(answer => answer.Text).Distinct());
    }

    public void Dispose() => _function.Dispose();
}
