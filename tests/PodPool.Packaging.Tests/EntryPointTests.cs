using PodPool.Contracts.V1;

namespace PodPool.Packaging.Tests;

/// <summary>How an entry point is found, or why not.</summary>
public sealed class EntryPointTests
{
    private const string Http = "public class A : IHttpFunction { public Task HandleAsync(HttpContext context) => Task.CompletedTask; }";

    [Theory]
    [InlineData("A")]
    [InlineData("A::B")]
    [InlineData("A.B::C.D+E::F")]
    public void The_text_form_is_read_and_written_alike(string text)
    {
        Assert.True(EntryPoint.TryParse(text, out var entryPoint, out _));
        Assert.Equal(text, entryPoint.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("A::")]
    [InlineData("::B")]
    [InlineData("A::B::C::D")]
    [InlineData("A.dll::B")]
    [InlineData("A:B")]
    [InlineData("../A::B")]
    [InlineData("A:: B")]
    public void A_text_of_another_form_is_refused_with_the_right_one(string text)
    {
        Assert.False(EntryPoint.TryParse(text, out _, out var error));
        Assert.Contains("Assembly::Namespace.Type::Method", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Http, "Fn::A", EntryPointKind.Http)]
    [InlineData("namespace N; public class A : IFunction<int, string> { public Task<string> HandleAsync(int i, FunctionContext c, CancellationToken t) => null!; }", "Fn::N.A", EntryPointKind.Json)]
    [InlineData("public class A : ICloudEventFunction<string> { public Task HandleAsync(CloudNative.CloudEvents.CloudEvent e, string d, CancellationToken t) => null!; }", "Fn::A", EntryPointKind.CloudEvent)]
    [InlineData("public class A : ICloudEventFunction { public Task HandleAsync(CloudNative.CloudEvents.CloudEvent e, CancellationToken t) => null!; }", "Fn::A", EntryPointKind.CloudEvent)]
    [InlineData("public class A { public string Greet(string name) => name; }", "Fn::A::Greet", EntryPointKind.Method)]
    [InlineData("public static class A { public static Task<int> Add(int[] numbers, CancellationToken token) => null!; }", "Fn::A::Add", EntryPointKind.Method)]
    [InlineData("public interface IMine : IHttpFunction; public abstract class Base : IMine { public Task HandleAsync(HttpContext c) => null!; } public class A : Base;", "Fn::A", EntryPointKind.Http)]
    [InlineData("public class Outer { public class A : IHttpFunction { public Task HandleAsync(HttpContext c) => null!; } public string Other() => \"\"; }", "Fn::Outer+A", EntryPointKind.Http)]
    public void The_only_function_of_an_assembly_is_found(string source, string entryPoint, EntryPointKind kind)
    {
        var report = Inspect(source, "");
        Assert.Empty(report.Problems);
        Assert.Equal((entryPoint, kind), (report.EntryPoint!.ToString(), report.Kind!.Value));
    }

    [Fact]
    public void A_program_without_functions_is_an_application()
    {
        var program = Compiled.Assembly("public static class Program { public static void Main() {} }", kind: Microsoft.CodeAnalysis.OutputKind.ConsoleApplication);
        var report = PackageInspector.Inspect([Compiled.Entry("Fn.dll", program)], "", HostPlatform.Current());
        Assert.Empty(report.Problems);
        Assert.Equal(("Fn", EntryPointKind.Application), (report.EntryPoint!.ToString(), report.Kind!.Value));
    }

    [Fact]
    public void A_function_inherited_from_another_file_of_the_package_is_found()
    {
        var library = Compiled.Assembly("public abstract class Base : IHttpFunction { public Task HandleAsync(HttpContext c) => null!; }", name: "Lib");
        var function = Compiled.Assembly("public class A : Base;", references: [library]);
        var report = PackageInspector.Inspect([Compiled.Entry("Fn.dll", function), Compiled.Entry("Lib.dll", library)], "", HostPlatform.Current());
        Assert.Empty(report.Problems);
        Assert.Equal("Fn::A", report.EntryPoint!.ToString());
    }

    [Theory]
    [InlineData(Http + "public class B : A;", "", Reason.EntryPointAmbiguous, "name one")]
    [InlineData("public class A { public int One() => 1; public int Two() => 2; }", "", Reason.EntryPointAmbiguous, "name one")]
    [InlineData("public class A { public int One() => 1; public int One(int i) => i; }", "Fn::A::One", Reason.EntryPointAmbiguous, "overloaded")]
    [InlineData("public class A : IHttpFunction, IFunction<int, int> { public Task HandleAsync(HttpContext c) => null!; public Task<int> HandleAsync(int i, FunctionContext c, CancellationToken t) => null!; }", "Fn::A", Reason.EntryPointAmbiguous, "split")]
    [InlineData("public class A;", "", Reason.EntryPointNotFound, "no function")]
    [InlineData(Http, "Other", Reason.EntryPointNotFound, "'Fn.dll'")]
    [InlineData("namespace N; " + Http, "Fn::A", Reason.EntryPointNotFound, "'N.A'")]
    [InlineData("public class A { public int One() => 1; }", "Fn::A::Two", Reason.EntryPointNotFound, "'One'")]
    [InlineData("internal class A : IHttpFunction { public Task HandleAsync(HttpContext c) => null!; }", "Fn::A", Reason.EntryPointInvalid, "is not public")]
    [InlineData("public abstract class A : IHttpFunction { public abstract Task HandleAsync(HttpContext c); }", "Fn::A", Reason.EntryPointInvalid, "is abstract")]
    [InlineData("public class A { int One() => 1; }", "Fn::A::One", Reason.EntryPointInvalid, "is not public")]
    [InlineData("public class A { public T One<T>() => default!; }", "Fn::A::One", Reason.EntryPointInvalid, "is generic")]
    [InlineData("public class A { public void One(ref int i) {} }", "Fn::A::One", Reason.EntryPointInvalid, "a reference")]
    [InlineData("public class A { public int One(int a, int b) => a; }", "Fn::A::One", Reason.EntryPointInvalid, "2 inputs")]
    [InlineData("public enum A { One }", "Fn::A", Reason.EntryPointInvalid, "Fn.dll")]
    public void What_cannot_be_meant_is_refused_naming_file_and_remedy(string source, string entryPoint, Reason reason, string says)
    {
        var problem = Assert.Single(Inspect(source, entryPoint).Problems);
        Assert.Equal(reason, problem.Reason);
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
        Assert.Contains("Fn.dll", problem.Message, StringComparison.Ordinal);
        Assert.Contains(problem.Type, problem.Message, StringComparison.Ordinal);
    }

    private static PackageReport Inspect(string source, string entryPoint) => PackageInspector.Inspect(Compiled.Package(source), entryPoint, HostPlatform.Current());
}
