using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace PodPool.Samples.Tests;

/// <summary>The application runs by itself, as a process of its own and with its own server.</summary>
public sealed class WebApplicationTests(WebApplicationTests.RunningApplication application) : IClassFixture<WebApplicationTests.RunningApplication>
{
    private readonly HttpClient _client = application.Client;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Serves_the_catalogue_that_its_hosted_service_loaded()
    {
        var books = await _client.GetFromJsonAsync<JsonElement>("books", Cancelled);

        Assert.Equal(4, books.GetArrayLength());
        Assert.Equal("A Short History of Salt", books[0].GetProperty("title").GetString());
    }

    [Fact]
    public async Task Takes_an_order_and_finds_it_again()
    {
        using var answer = await _client.PostAsJsonAsync("orders", new { isbn = "978-0-00-000002-4", copies = 2, customer = "Ada" }, Cancelled);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var order = await _client.GetFromJsonAsync<JsonElement>(answer.Headers.Location, Cancelled);
        Assert.Equal(37.00m, order.GetProperty("total").GetDecimal());
    }

    [Fact]
    public async Task Explains_a_bad_order_field_by_field()
    {
        using var answer = await _client.PostAsJsonAsync("orders", new { isbn = "1", copies = 11, customer = "" }, Cancelled);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var errors = (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("errors");
        Assert.Equal("Between 1 and 10.", errors.GetProperty("copies")[0].GetString());
        Assert.Equal(["isbn", "copies", "customer"], errors.EnumerateObject().Select(error => error.Name));
    }

    [Fact]
    public async Task Answers_problem_details_where_nothing_is()
    {
        using var answer = await _client.GetAsync("books/none", Cancelled);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Runs_its_middleware_with_its_own_configuration()
    {
        using var answer = await _client.GetAsync("health", Cancelled);

        Assert.Equal("The Corner Bookshop", answer.Headers.GetValues("X-Shop").Single());
        Assert.Equal("Healthy", await answer.Content.ReadAsStringAsync(Cancelled));
    }

    [Fact]
    public async Task Serves_its_static_files()
        => Assert.Contains("<h1>The Corner Bookshop</h1>", await _client.GetStringAsync("about.html", Cancelled), StringComparison.Ordinal);

    public sealed class RunningApplication : IAsyncLifetime
    {
        private const string Listening = "Now listening on: ";

        private readonly Process _process = new();

        public HttpClient Client { get; } = new(new SocketsHttpHandler());

        public async ValueTask InitializeAsync()
        {
            var folder = Repository.Sample("WebApplication");
            _process.StartInfo = new ProcessStartInfo("dotnet")
            {
                ArgumentList =
                {
                    Path.Combine(folder, "bin", Repository.Configuration, "net10.0", "WebApplication.dll"), "--urls", "http://127.0.0.1:0", "--contentRoot", folder,
                },
                RedirectStandardOutput = true,
            };
            var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _process.OutputDataReceived += (_, line) =>
            {
                if (line.Data is null)
                {
                    address.TrySetException(new InvalidOperationException("The application ended before it listened."));
                }
                else if (line.Data.IndexOf(Listening, StringComparison.Ordinal) is var at && at >= 0)
                {
                    address.TrySetResult(line.Data[(at + Listening.Length)..].Trim());
                }
            };
            _process.Start();
            _process.BeginOutputReadLine();
            Client.BaseAddress = new Uri(await address.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancelled) + "/");
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }
    }
}
