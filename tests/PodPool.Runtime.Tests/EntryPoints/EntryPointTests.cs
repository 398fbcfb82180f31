using System.Net;
using System.Net.Http.Headers;
using System.Text;
using PodPool.Contracts.V1;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.EntryPoints;

public sealed class EntryPointTests
{
    private static readonly Lazy<TestPackage> Kinds = new(() => TestPackage.Of("""
        public record Order(string Item, int Count);
        public record Total(string Item, int Price);

        public class Http : IHttpFunction
        {
            public Task HandleAsync(HttpContext context) => context.Response.WriteAsync(context.Request.Method + " " + context.Request.Path + context.Request.QueryString);
        }

        public class Json : IFunction<Order, Total>
        {
            public Task<Total> HandleAsync(Order input, FunctionContext context, CancellationToken cancellationToken)
                => Task.FromResult(new Total($"{context.Namespace}/{context.Name}@{context.Revision}:{input.Item}", input.Count * 3));
        }

        public class MaybeJson : IFunction<Order?, Total?>
        {
            public Task<Total?> HandleAsync(Order? input, FunctionContext context, CancellationToken cancellationToken)
                => Task.FromResult(input is null ? null : new Total(input.Item, 1));
        }

        public class Events : ICloudEventFunction
        {
            public Task HandleAsync(CloudEvent cloudEvent, CancellationToken cancellationToken)
            {
                Console.WriteLine($"event {cloudEvent.Id} {cloudEvent.Type} {cloudEvent.Source} {cloudEvent["comment"]} {cloudEvent.Data}");
                return Task.CompletedTask;
            }
        }

        public class OrderEvents : ICloudEventFunction<Order>
        {
            public Task HandleAsync(CloudEvent cloudEvent, Order data, CancellationToken cancellationToken)
            {
                Console.WriteLine($"order {cloudEvent.Id} {data.Count} {data.Item}");
                return data.Count < 0 ? throw new ArgumentException("negative") : Task.CompletedTask;
            }
        }

        public class Methods
        {
            public Total Sync(Order order) => new(order.Item, 1);
            public static Task<Total> StaticTask(CancellationToken token, Order order, FunctionContext context) => Task.FromResult(new Total(context.Name + order.Item, token.CanBeCanceled ? 1 : 0));
            public ValueTask<Total> AllFour(HttpContext http, FunctionContext context, CancellationToken token, Order order) => new(new Total(http.Request.Path + order.Item, 4));
            public string NoBody(HttpContext context) => context.Request.Query["q"]!;
            public int Number(int input) => input * 2;
            public async Task NoResult(Order order) { await Task.Yield(); Console.WriteLine("handled " + order.Item); }
            public void Nothing() { }
            public async IAsyncEnumerable<int> Stream(int count) { for (var i = 0; i < count; i++) { await Task.Yield(); yield return i; } }
        }

        public class Broken
        {
            public int TwoBodies(Order a, Total b) => 0;
            public int ByReference(ref int a) => 0;
            public T Generic<T>(T a) => a;
            public int Overloaded(int a) => 0;
            public int Overloaded(string a) => 0;
        }

        public class TwoInterfaces : IHttpFunction, ICloudEventFunction
        {
            public Task HandleAsync(HttpContext context) => Task.CompletedTask;
            public Task HandleAsync(CloudEvent cloudEvent, CancellationToken cancellationToken) => Task.CompletedTask;
        }

        public class Nested { public class Inner : IHttpFunction { public Task HandleAsync(HttpContext context) => context.Response.WriteAsync("inner"); } }

        public abstract class Abstract : IHttpFunction { public abstract Task HandleAsync(HttpContext context); }

        internal class Hidden : IHttpFunction { public Task HandleAsync(HttpContext context) => Task.CompletedTask; }

        public class Empty { }
        """));

    [Theory]
    [InlineData("Http", "GET", "/a/b?c=d", "", "GET /a/b?c=d")]
    [InlineData("Http::HandleAsync", "GET", "/", "", "GET /")]
    [InlineData("Json", "POST", "/", """{"item":"tea","count":2}""", """{"item":"tests/sample@r1:tea","price":6}""")]
    [InlineData("MaybeJson", "POST", "/", """{"item":"tea"}""", """{"item":"tea","price":1}""")]
    [InlineData("Methods::Sync", "POST", "/", """{"item":"tea"}""", """{"item":"tea","price":1}""")]
    [InlineData("Methods::StaticTask", "POST", "/", """{"item":"tea"}""", """{"item":"sampletea","price":1}""")]
    [InlineData("Methods::AllFour", "POST", "/x", """{"item":"tea"}""", """{"item":"/xtea","price":4}""")]
    [InlineData("Methods::NoBody", "GET", "/?q=1", "", "\"1\"")]
    [InlineData("Methods::Number", "POST", "/", "21", "42")]
    [InlineData("Methods::Number", "GET", "/", "", "0")]
    [InlineData("Methods::Stream", "POST", "/", "3", "[0,1,2]")]
    [InlineData("Nested+Inner", "GET", "/", "", "inner")]
    public async Task Each_kind_of_entry_point_answers(string entryPoint, string method, string path, string body, string expected)
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Kinds.Value, $"Function::Sample.{entryPoint}");

        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var client = pod.ClientFor(version);
            using var request = new HttpRequestMessage(new(method), path) { Content = body.Length > 0 ? new StringContent(body) : null, Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

            Assert.Equal(expected, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("MaybeJson", "")]
    [InlineData("Methods::NoResult", """{"item":"tea"}""")]
    [InlineData("Methods::Nothing", "")]
    public async Task No_result_is_no_content(string entryPoint, string body)
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Kinds.Value, $"Function::Sample.{entryPoint}");

        using var response = await pod.Functions.PostAsync("/", new StringContent(body), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Theory]
    [InlineData("""{"item":"tea","count":}""", "Path: $.count")]
    [InlineData("""{"item":"tea","count":"many"}""", "Path: $.count")]
    [InlineData("not json", "LineNumber: 0")]
    [InlineData("", "has no body")]
    [InlineData("null", "is null")]
    public async Task A_body_that_is_not_the_json_is_refused_and_said_where(string body, string where)
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Kinds.Value, "Function::Sample.Json");

        using var response = await pod.Functions.PostAsync("/", new StringContent(body), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = await Problems.ReadAsync(response);
        Assert.Equal("INVALID_ARGUMENT", problem.Reason);
        Assert.Contains(where, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_arrive_in_binary_and_structured_mode()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Kinds.Value, "Function::Sample.Events");

        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(pod, Binary("42", """{"a":1}""", ("ce-comment", "50%25%20off"))));
        Assert.Equal("event 42 sold /shop 50% off {\"a\":1}", await pod.OutputAsync(line => line.StartsWith("event", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(pod, Structured("""{"specversion":"1.0","id":"43","source":"/shop","type":"sold","data":"x"}""")));
        Assert.Equal("event 43 sold /shop  x", await pod.OutputAsync(line => line.StartsWith("event", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Typed_events_get_their_data_read()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Kinds.Value, "Function::Sample.OrderEvents");

        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(pod, Binary("1", """{"item":"tea","count":2}""")));
        Assert.Equal("order 1 2 tea", await pod.OutputAsync(line => line.StartsWith("order", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(pod, Structured("""{"specversion":"1.0","id":"2","source":"/shop","type":"sold","data":{"item":"tea","count":3}}""")));
        Assert.Equal("order 2 3 tea", await pod.OutputAsync(line => line.StartsWith("order", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.InternalServerError, await SendAsync(pod, Binary("3", """{"item":"tea","count":-1}""")));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(pod, Binary("4", "{")));
    }

    [Fact]
    public async Task What_is_no_event_is_refused()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Kinds.Value, "Function::Sample.Events");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await SendAsync(pod, new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("{}") }));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(pod, Structured("{")));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(pod, Structured("""{"specversion":"1.0"}""")));
        var withoutId = Binary("", "{}");
        withoutId.Headers.Remove("ce-id");
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(pod, withoutId));
    }

    [Theory]
    [InlineData("Nothing", Reason.EntryPointNotFound, "has no assembly 'Nothing.dll'")]
    [InlineData("Function::Sample.Nothing", Reason.EntryPointNotFound, "has no type 'Sample.Nothing'")]
    [InlineData("Function::Http", Reason.EntryPointNotFound, "Is it Sample.Http?")]
    [InlineData("Function::Sample.Methods::Nowhere", Reason.EntryPointNotFound, "no public method 'Nowhere'")]
    [InlineData("Function", Reason.EntryPointAmbiguous, "candidates")]
    [InlineData("Function::Sample.Methods", Reason.EntryPointAmbiguous, "Name one")]
    [InlineData("Function::Sample.TwoInterfaces", Reason.EntryPointAmbiguous, "2 function interfaces")]
    [InlineData("Function::Sample.Broken::Overloaded", Reason.EntryPointAmbiguous, "2 methods")]
    [InlineData("Function::Sample.Broken::TwoBodies", Reason.EntryPointInvalid, "'a' and 'b'")]
    [InlineData("Function::Sample.Broken::ByReference", Reason.EntryPointInvalid, "by reference")]
    [InlineData("Function::Sample.Broken::Generic", Reason.EntryPointInvalid, "is generic")]
    [InlineData("Function::Sample.Abstract", Reason.EntryPointInvalid, "is abstract")]
    [InlineData("Function::Sample.Hidden", Reason.EntryPointInvalid, "is not public")]
    [InlineData("Function::Sample.Empty", Reason.EntryPointInvalid, "implements none of")]
    [InlineData("Function::Sample.Order", Reason.EntryPointAmbiguous, "Name one")]
    [InlineData("Function::A::B::C", Reason.EntryPointInvalid, "write Assembly")]
    [InlineData("", Reason.EntryPointInvalid, "write Assembly")]
    public async Task An_entry_point_that_cannot_be_bound_is_refused_with_the_remedy(string entryPoint, Reason expected, string message)
    {
        await using var pod = await PodProcess.StartAsync();

        var refusal = await pod.RefusalAsync(Kinds.Value.Claim(pod, entryPoint).Parts());

        Assert.Equal(expected, refusal.Reason);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public class Only : IHttpFunction { public Task HandleAsync(HttpContext context) => context.Response.WriteAsync(\"found\"); } public class Helper { public int Twice(int x) => x; }", "Function::Sample.Only::HandleAsync", "found")]
    [InlineData("public class Only { public string Answer() => \"found\"; }", "Function::Sample.Only::Answer", "\"found\"")]
    [InlineData("public abstract class Base : IHttpFunction { public Task HandleAsync(HttpContext context) => context.Response.WriteAsync(\"found\"); } public class Only : Base { }", "Function::Sample.Only::HandleAsync", "found")]
    public async Task The_only_candidate_is_found_by_itself(string source, string resolved, string expected)
    {
        await using var pod = await PodProcess.StartAsync();

        var answer = await pod.SpecializeAsync(TestPackage.Of(source), "Function");

        Assert.Equal(resolved, answer.EntryPoint);
        Assert.Equal(expected, await pod.Functions.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_file_that_is_no_assembly_is_refused()
    {
        await using var pod = await PodProcess.StartAsync();

        var refusal = await pod.RefusalAsync(new TestPackage().With("Function.dll", "no assembly").Claim(pod, "Function").Parts());

        Assert.Equal(Reason.AssemblyInvalid, refusal.Reason);
        Assert.Contains("Function.dll", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> SendAsync(PodProcess pod, HttpRequestMessage request)
    {
        using (request)
        using (var response = await pod.Functions.SendAsync(request, TestContext.Current.CancellationToken))
        {
            return response.StatusCode;
        }
    }

    private static HttpRequestMessage Binary(string id, string data, params (string Name, string Value)[] more)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent(data, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in more.Concat([("ce-specversion", "1.0"), ("ce-id", id), ("ce-source", "/shop"), ("ce-type", "sold")]))
        {
            request.Headers.Add(name, value);
        }

        return request;
    }

    private static HttpRequestMessage Structured(string json) => new(HttpMethod.Post, "/")
    {
        Content = new StringContent(json, MediaTypeHeaderValue.Parse("application/cloudevents+json")),
    };
}
