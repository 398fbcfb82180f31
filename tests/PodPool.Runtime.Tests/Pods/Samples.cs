namespace PodPool.Runtime.Tests.Pods;

/// <summary>Packages that many tests use, compiled once.</summary>
internal static class Samples
{
    public const string HelloEntryPoint = "Function::Sample.Hello";

    private static readonly Lazy<TestPackage> LazyHello = new(() => TestPackage.Of("""
        public class Hello : IHttpFunction
        {
            public Task HandleAsync(HttpContext context) => context.Response.WriteAsync("hello " + context.Request.Query["name"]);
        }
        """));

    public static TestPackage Hello => LazyHello.Value;
}
