using System.Text.Json;

namespace PodPool.Runtime.Tests.Pods;

/// <summary>An error as callers get it.</summary>
internal sealed record Problems(string Reason, string Detail, int Status, string Text)
{
    public static async Task<Problems> ReadAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(text);
        var problem = new Problems(
            json.RootElement.GetProperty("reason").GetString()!, json.RootElement.GetProperty("detail").GetString()!, json.RootElement.GetProperty("status").GetInt32(), text);
        Assert.Equal((int)response.StatusCode, problem.Status);
        Assert.Equal(problem.Reason, Assert.Single(response.Headers.GetValues("x-podpool-reason")));
        return problem;
    }
}
