using System.Net;
using System.Net.Http.Json;
using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.V1;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Applications;

public sealed class ApplicationTests
{
    private static readonly Lazy<TestPackage> Shop = new(() => TestPackage.Program("""
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSingleton<Stock>();
        builder.Services.AddHostedService<Clerk>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 1000);
        var app = builder.Build();
        using var meters = new System.Diagnostics.Metrics.MeterListener { InstrumentPublished = (instrument, self) => { if (instrument.Name == "http.server.request.duration") { self.EnableMeasurementEvents(instrument); } } };
        meters.SetMeasurementEventCallback<double>((_, _, tags, _) => { foreach (var tag in tags) { if (tag.Key == "error.type") { Console.WriteLine($"measured an error: {tag.Value}"); } } });
        meters.Start();
        app.Use(async (context, next) =>
        {
            context.Response.Headers["x-shop"] = "open";
            try { await next(); } catch (OperationCanceledException) { Console.WriteLine("the result was cancelled"); throw; }
        });
        app.MapGet("/", (IConfiguration configuration, IHostEnvironment environment) =>
            $"{configuration["Greeting"]} {configuration["FROM_ENV"]} {environment.ApplicationName} {environment.EnvironmentName} {environment.ContentRootPath == AppContext.BaseDirectory.TrimEnd('/')} {Environment.CurrentDirectory == environment.ContentRootPath} {System.Reflection.Assembly.GetEntryAssembly()!.GetName().Name}");
        app.MapPost("/stock", (Item item, Stock stock) => { stock.Items.Add(item); return Results.Created($"/stock/{item.Id}", item); });
        app.MapGet("/stock/{id:int}", (int id, Stock stock) => stock.Items.FirstOrDefault(item => item.Id == id) is { } item ? Results.Ok(item) : Results.NotFound());
        app.MapGet("/error", string () => throw new InvalidOperationException("spilt"));
        app.MapGet("/late", async (HttpContext context) => { await context.Response.WriteAsync("half"); await context.Response.Body.FlushAsync(); throw new InvalidOperationException("spilt late"); });
        app.MapGet("/wait", async (HttpContext context, ILogger<Stock> logger) => { logger.LogInformation("waiting"); await Task.Delay(Timeout.Infinite, context.RequestAborted); });
        app.MapGet("/quit", (IHostApplicationLifetime lifetime) => lifetime.StopApplication());
        app.MapPost("/size", async (HttpContext context) => { await context.Request.Body.CopyToAsync(Stream.Null); return "fits"; });
        app.MapGet("/prices", (CancellationToken left) => TypedResults.ServerSentEvents(Prices(left)));
        app.MapGet("/log", (ILogger<Stock> logger) => { logger.LogInformation("looked at {Count} items", 3); return "logged"; });
        app.Run();
        Console.WriteLine("program ended");

        static async IAsyncEnumerable<int> Prices([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken left)
        {
            for (var price = 0; ; price++)
            {
                yield return price;
                await Task.Delay(price == 2 ? Timeout.Infinite : 0, left);
            }
        }

        public record Item(int Id, string Name);
        public class Stock { public List<Item> Items { get; } = []; }
        public class Clerk(IHostApplicationLifetime lifetime) : IHostedService
        {
            public Task StartAsync(CancellationToken token) { lifetime.ApplicationStopping.Register(() => Console.WriteLine("application stopping")); Console.WriteLine("clerk starts"); return Task.CompletedTask; }
            public Task StopAsync(CancellationToken token) { Console.WriteLine("clerk stops"); return Task.CompletedTask; }
        }
        """).With("appsettings.json", """{"Greeting":"welcome"}"""));

    [Fact]
    public async Task An_unmodified_application_runs_with_its_own_services_middleware_and_configuration()
    {
        await using var pod = await PodProcess.StartAsync();

        var answer = await pod.SpecializeAsync(Shop.Value, "App", manifest =>
        {
            manifest.Environment.Add("FROM_ENV", "env");
            manifest.Environment.Add("ASPNETCORE_ENVIRONMENT", "Staging");
        });

        Assert.Equal("App", answer.EntryPoint);
        await pod.OutputAsync(line => line == "clerk starts");
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var client = pod.ClientFor(version);
            using var response = await client.GetAsync("/", TestContext.Current.CancellationToken);
            Assert.Equal("welcome env App Staging True True App", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal("open", Assert.Single(response.Headers.GetValues("x-shop")));
        }

        using var created = await pod.Functions.PostAsJsonAsync("/stock", new { id = 7, name = "tea" }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("""{"id":7,"name":"tea"}""", await pod.Functions.GetStringAsync("/stock/7", TestContext.Current.CancellationToken));
        using var missing = await pod.Functions.GetAsync("/stock/8", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task Its_log_lines_are_the_pods_and_name_function_revision_and_trace()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Shop.Value, "App");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/log") { Headers = { { "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } } };

        using var response = await pod.Functions.SendAsync(request, TestContext.Current.CancellationToken);

        var line = await pod.OutputAsync(text => text.Contains("looked at 3 items", StringComparison.Ordinal));
        Assert.Contains("\"function\":\"tests/sample\",\"revision\":\"r1\",\"traceId\":\"0af7651916cd43dd8448eb211c80319c\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draining_stops_it_as_its_own_process_would_be_stopped()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Shop.Value, "App");

        var drained = await pod.Loader.DrainAsync(new(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(0, drained.Aborted);
        await pod.OutputAsync(line => line == "application stopping");
        await pod.OutputAsync(line => line == "clerk stops");
        await pod.OutputAsync(line => line == "program ended");
        using var response = await pod.Functions.GetAsync("/", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task Ending_the_pod_stops_it_too()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Shop.Value, "App");

        pod.Signal("TERM");

        await pod.OutputAsync(line => line == "clerk stops");
        await pod.Exited.WaitAsync(PodProcess.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0, pod.ExitCode);
    }

    [Fact]
    public async Task An_application_that_stops_by_itself_takes_its_pod_with_it()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Shop.Value, "App");

        using var response = await pod.Functions.GetAsync("/quit", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await pod.Exited.WaitAsync(PodProcess.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(1, pod.ExitCode);
    }

    [Fact]
    public async Task An_exception_is_a_problem_logged_whole_and_the_instance_lives()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Shop.Value, "App");

        using var response = await pod.Functions.GetAsync("/error", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var problem = await Problems.ReadAsync(response);
        Assert.Equal("FUNCTION_ERROR", problem.Reason);
        Assert.DoesNotContain("spilt", problem.Text, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("x-shop"));
        var log = await pod.LogAsync("FunctionThrew");
        Assert.Contains("InvalidOperationException: spilt", log.GetProperty("exception").GetString(), StringComparison.Ordinal);
        await pod.OutputAsync(line => line == "measured an error: System.InvalidOperationException");
        await Assert.ThrowsAsync<HttpRequestException>(() => pod.Functions.GetStringAsync("/late", TestContext.Current.CancellationToken));
        Assert.Equal("logged", await pod.Functions.GetStringAsync("/log", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("1.1", true)]
    [InlineData("2.0", true)]
    [InlineData("1.1", false)]
    [InlineData("2.0", false)]
    public async Task A_caller_who_leaves_amid_server_sent_events_is_no_error(string version, bool timed)
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Shop.Value, "App", manifest => manifest.Timeout = timed ? Duration.FromTimeSpan(TimeSpan.FromMinutes(1)) : null);
        using (var client = pod.ClientFor(new(version)))
        {
            await using var events = await client.GetStreamAsync("/prices", TestContext.Current.CancellationToken);
            using var reader = new StreamReader(events);
            foreach (var line in new[] { "data: 0", "", "data: 1", "", "data: 2", "" })
            {
                Assert.Equal(line, await reader.ReadLineAsync(TestContext.Current.CancellationToken));
            }
        }

        await pod.OutputAsync(line => line == "the result was cancelled");
        var rest = await pod.RestOfOutputAsync();
        Assert.DoesNotContain(rest, line => line.Contains("error", StringComparison.OrdinalIgnoreCase) || line.Contains("exception", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_caller_who_leaves_before_the_answer_begins_is_no_error()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Shop.Value, "App");
        using var client = pod.ClientFor(HttpVersion.Version20);
        using var leaving = new CancellationTokenSource();
        var request = client.GetAsync("/wait", leaving.Token);
        await pod.OutputAsync(line => line.Contains("\"waiting\"", StringComparison.Ordinal));

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        var rest = await pod.RestOfOutputAsync();
        Assert.Contains(rest, line => line.Contains("\"StatusCode\":499", StringComparison.Ordinal));
        Assert.DoesNotContain(rest, line => line.Contains("error", StringComparison.OrdinalIgnoreCase) || line.Contains("exception", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Its_timeout_holds_for_it_too()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Shop.Value, "App", manifest => manifest.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(200)));

        using var response = await pod.Functions.GetAsync("/wait", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal("FUNCTION_TIMEOUT", (await Problems.ReadAsync(response)).Reason);
    }

    [Fact]
    public async Task The_limits_of_its_own_server_go_on_holding()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Shop.Value, "App");

        using var fits = await pod.Functions.PostAsync("/size", new ByteArrayContent(new byte[1000]), TestContext.Current.CancellationToken);
        using var tooLarge = await pod.Functions.PostAsync("/size", new ByteArrayContent(new byte[1001]), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, fits.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooLarge.StatusCode);
    }

    [Theory]
    [InlineData("Console.WriteLine(\"hello\");", Reason.StartupFailed, "ended with exit code 0 before it built a host")]
    [InlineData("return 3;", Reason.StartupFailed, "exit code 3")]
    [InlineData("throw new InvalidOperationException(\"no connection string\");", Reason.StartupFailed, "no connection string")]
    [InlineData("var builder = WebApplication.CreateBuilder(args); builder.Services.AddHostedService<Bad>(); builder.Build().Run(); class Bad : BackgroundService { protected override Task ExecuteAsync(CancellationToken t) => Task.CompletedTask; public override Task StartAsync(CancellationToken t) => throw new InvalidOperationException(\"no queue\"); }", Reason.StartupFailed, "no queue")]
    [InlineData("var app = WebApplication.CreateBuilder(args).Build(); return 0;", Reason.StartupFailed, "before its server was started")]
    [InlineData("Host.CreateApplicationBuilder(args).Build().Run();", Reason.EntryPointInvalid, "has no web server")]
    public async Task A_program_that_does_not_come_to_serve_is_refused_with_the_reason(string program, Reason expected, string message)
    {
        await using var pod = await PodProcess.StartAsync();

        var refusal = await pod.RefusalAsync(TestPackage.Program(program).Claim(pod, "App").Parts());

        Assert.Equal(expected, refusal.Reason);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_asynchronous_program_with_the_older_host_runs()
    {
        await using var pod = await PodProcess.StartAsync();
        var package = TestPackage.Program("""
            await Task.Yield();
            await Host.CreateDefaultBuilder(args).ConfigureWebHostDefaults(web => web.Configure(app => app.Run(context => context.Response.WriteAsync("older")))).Build().RunAsync();
            """);

        await pod.SpecializeAsync(package, "App");

        Assert.Equal("older", await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));
    }
}
