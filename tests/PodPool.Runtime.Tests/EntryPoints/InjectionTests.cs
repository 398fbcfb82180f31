using PodPool.Contracts.V1;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.EntryPoints;

public sealed class InjectionTests
{
    [Fact]
    public async Task A_functions_constructor_gets_its_own_services_configuration_and_loggers()
    {
        await using var pod = await PodProcess.StartAsync();
        var package = TestPackage.Of("""
            public class Clock { public string Say() => "tick"; }

            public class Startup : IFunctionStartup
            {
                public void Configure(IServiceCollection services, IConfiguration configuration)
                {
                    services.AddScoped<Clock>();
                    services.AddHttpContextAccessor();
                    services.AddSingleton(new Setting(configuration["Greeting"]!));
                }
            }

            public record Setting(string Value);

            public class Injected(Setting setting, IConfiguration configuration, ILogger<Injected> logger, IHttpContextAccessor accessor) : IHttpFunction
            {
                public Task HandleAsync(HttpContext context)
                {
                    logger.LogInformation("Answering {Who}", "you");
                    logger.LogDebug("not let through");
                    return context.Response.WriteAsync(string.Join(" ", setting.Value, configuration["Nested:Key"], configuration["FROM_ENV"],
                        context.RequestServices.GetRequiredService<Clock>().Say(),
                        ReferenceEquals(context.RequestServices.GetRequiredService<Clock>(), context.RequestServices.GetRequiredService<Clock>()),
                        ReferenceEquals(accessor.HttpContext, context)));
                }
            }
            """)
            .With("appsettings.json", """{"Greeting":"hi","Nested":{"Key":"base"}}""")
            .With("appsettings.Staging.json", """{"Nested":{"Key":"staging"}}""");

        await pod.SpecializeAsync(package, "Function::Sample.Injected", manifest =>
        {
            manifest.Environment.Add("FROM_ENV", "env");
            manifest.Environment.Add("DOTNET_ENVIRONMENT", "Staging");
        });

        Assert.Equal("hi staging env tick True True", await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));
        var log = await pod.OutputAsync(line => line.Contains("Sample.Injected", StringComparison.Ordinal) && line.Contains("Answering you", StringComparison.Ordinal));
        Assert.Contains("\"function\":\"tests/sample\",\"revision\":\"r1\",\"traceId\":", log, StringComparison.Ordinal);
        Assert.Contains("\"values\":{\"Who\":\"you\"}", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public class F : IHttpFunction { public F() => throw new InvalidOperationException(\"no database\"); public Task HandleAsync(HttpContext c) => Task.CompletedTask; }", "no database")]
    [InlineData("public class F(Uri missing) : IHttpFunction { public Task HandleAsync(HttpContext c) => Task.CompletedTask; }", "System.Uri")]
    [InlineData("public class F : IHttpFunction { static F() => throw new InvalidOperationException(\"no static\"); public Task HandleAsync(HttpContext c) => Task.CompletedTask; }", "no static")]
    [InlineData("public class F : IHttpFunction { public Task HandleAsync(HttpContext c) => Task.CompletedTask; } public class S : IFunctionStartup { public void Configure(IServiceCollection s, IConfiguration c) => throw new InvalidOperationException(\"no setting\"); }", "no setting")]
    public async Task A_start_up_that_throws_is_the_functions_fault(string source, string message)
    {
        await using var pod = await PodProcess.StartAsync();
        var refusal = await pod.RefusalAsync(TestPackage.Of(source).Claim(pod, "Function::Sample.F").Parts());

        Assert.Equal(Reason.StartupFailed, refusal.Reason);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        await pod.OutputAsync(line => line.Contains("SpecializationFailed", StringComparison.Ordinal) && line.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_start_up_that_does_not_end_is_given_up()
    {
        await using var pod = await PodProcess.StartAsync();
        var package = TestPackage.Of("""
            public class F : IHttpFunction
            {
                public F() => new ManualResetEventSlim().Wait();
                public Task HandleAsync(HttpContext context) => Task.CompletedTask;
            }
            """);

        var refusal = await pod.RefusalAsync(
            package.Claim(pod, "Function::Sample.F", manifest => manifest.StartTimeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMilliseconds(300))).Parts());

        Assert.Equal(Reason.StartupTimeout, refusal.Reason);
        Assert.Equal(PodPhase.PodFailed, (await pod.StatusAsync()).Phase);
    }
}
