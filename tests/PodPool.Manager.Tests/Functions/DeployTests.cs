using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Functions;

/// <summary>What a deploy takes and what it refuses, over the wire; no pod is needed for that.</summary>
public sealed class DeployTests : IAsyncLifetime
{
    private ManagerUnderTest _manager = null!;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _manager = await ManagerUnderTest.StartAsync(warm: 0);

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task A_deploy_says_where_the_function_is_and_the_same_again_changes_nothing()
    {
        var package = Compiled.Hello();
        var first = await _manager.Client.DeployAsync("hello", package);
        Assert.False(first.Unchanged);
        Assert.Equal(["http://127.0.0.1:8080/default/hello"], first.Urls);
        Assert.StartsWith("sha256:", first.PackageDigest, StringComparison.Ordinal);

        var again = await _manager.Client.DeployAsync("hello", package);
        Assert.True(again.Unchanged);
        Assert.Equal(first.Revision, again.Revision);

        var changed = await _manager.Client.DeployAsync("hello", package, spec => spec.Environment["A"] = "b");
        Assert.False(changed.Unchanged);
        Assert.NotEqual(first.Revision, changed.Revision);
        Assert.Equal(first.PackageDigest, changed.PackageDigest);
        Assert.Equal("Fn::Hello", (await _manager.Client.DescribeAsync("hello")).Spec.EntryPoint);
    }

    [Fact]
    public async Task Files_that_the_manager_holds_need_no_upload()
    {
        var package = Compiled.Hello();
        var files = new FindMissingFilesRequest { Files = { package.Files.Select(file => file.File) } };
        Assert.Equal([package.Files[0].File.Sha256], (await _manager.Client.Operator.FindMissingFilesAsync(files, cancellationToken: Test)).Sha256);
        await _manager.Client.UploadAsync(package);
        Assert.Empty((await _manager.Client.Operator.FindMissingFilesAsync(files, cancellationToken: Test)).Sha256);
    }

    [Fact]
    public async Task A_package_whose_files_are_not_there_is_refused()
    {
        var spec = new FunctionSpec { Function = ManagerClient.Name("hello"), Files = { Compiled.Hello().Files[0].File } };
        await AssertRefusedAsync(Reason.FileMissing, "Fn.dll", () => _manager.Client.Operator.DeployAsync(new() { Spec = spec }, cancellationToken: Test).ResponseAsync);
    }

    [Fact]
    public async Task A_tampered_upload_is_refused_and_not_kept()
    {
        using var call = _manager.Client.Operator.UploadFiles(cancellationToken: Test);
        var file = TestPackage.Describe("a", [1, 2, 3]);
        await call.RequestStream.WriteAsync(new() { Begin = file }, Test);
        await call.RequestStream.WriteAsync(new() { Data = Google.Protobuf.ByteString.CopyFrom(1, 2, 4) }, Test);
        await call.RequestStream.CompleteAsync();
        await AssertRefusedAsync(Reason.DigestMismatch, "SHA-256", () => call.ResponseAsync);
        Assert.Single((await _manager.Client.Operator.FindMissingFilesAsync(new() { Files = { file } }, cancellationToken: Test)).Sha256);
    }

    [Fact]
    public async Task A_file_of_ten_gigabytes_is_refused_when_it_is_announced_and_when_it_is_deployed()
    {
        var large = TestPackage.Describe("model.bin", [1]);
        large.Size = 10L << 30;
        using var call = _manager.Client.Operator.UploadFiles(cancellationToken: Test);
        await call.RequestStream.WriteAsync(new() { Begin = large }, Test);
        await AssertRefusedAsync(Reason.PackageTooLarge, large.Size.ToString(System.Globalization.CultureInfo.InvariantCulture), () => call.ResponseAsync);

        var package = Compiled.Hello();
        var refused = await AssertRefusedAsync(Reason.PackageTooLarge, "'model.bin'", () => _manager.Client.DeployAsync("hello", package, spec => spec.Files.Add(large)));
        Assert.Equal("model.bin", refused.InfoOf()!.Metadata["file"]);
        var kept = Directory.EnumerateFiles(Path.Combine(_manager.Options.StateFolder, "files"), "*", SearchOption.AllDirectories);
        Assert.Equal(package.Files.Select(file => Convert.ToHexStringLower(file.File.Sha256.Span)), kept.Select(Path.GetFileName));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_manager.Options.StateFolder, "incoming")));
    }

    [Theory]
    [InlineData("Fn::Nothing", Reason.EntryPointNotFound, "no type 'Nothing'")]
    [InlineData("Fn::Base", Reason.EntryPointInvalid, "make it a public, concrete class")]
    public async Task A_wrong_entry_point_is_refused_naming_file_and_type(string entryPoint, Reason reason, string says)
    {
        var package = Compiled.Function("public abstract class Base : IHttpFunction { public abstract Task HandleAsync(HttpContext context); }");
        var refused = await AssertRefusedAsync(reason, says, () => _manager.Client.DeployAsync("hello", package, spec => spec.EntryPoint = entryPoint));
        Assert.Equal("Fn.dll", refused.InfoOf()!.Metadata["file"]);
        Assert.Contains(refused.InfoOf()!.Metadata["type"], entryPoint, StringComparison.Ordinal);
        Assert.Contains("'Fn.dll'", refused.Status.Detail, StringComparison.Ordinal);
        await AssertRefusedAsync(Reason.FunctionNotFound, "default/hello", () => _manager.Client.DescribeAsync("hello"));
    }

    [Theory]
    [InlineData("../evil.dll")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a\\b")]
    public async Task A_file_name_that_leaves_the_package_is_refused(string path)
    {
        var package = Compiled.Hello().With(path, [1]);
        await AssertRefusedAsync(Reason.PackageInvalid, "file name", () => _manager.Client.DeployAsync("hello", package));
    }

    [Theory]
    [InlineData("namespace", "DNS label")]
    [InlineData("name", "DNS label")]
    [InlineData("concurrency", "10000")]
    [InlineData("scale", "scale.min")]
    [InlineData("environment", "PODPOOL_")]
    [InlineData("variable", "environment variable")]
    [InlineData("host", "host name")]
    [InlineData("path", "path prefix")]
    [InlineData("entry", "Assembly::Namespace.Type")]
    [InlineData("timeout", "timeout")]
    public async Task A_spec_outside_what_is_allowed_is_refused_naming_what_would_be_right(string what, string says)
    {
        await AssertRefusedAsync(Reason.InvalidArgument, says, () => _manager.Client.DeployAsync("hello", Compiled.Hello(), spec =>
        {
            switch (what)
            {
                case "namespace":
                    spec.Function.Namespace = "De_fault";
                    break;
                case "name":
                    spec.Function.Name = "../hello";
                    break;
                case "concurrency":
                    spec.Concurrency = 10_001;
                    break;
                case "scale":
                    spec.Scale = new() { Min = 3, Max = 2 };
                    break;
                case "environment":
                    spec.Environment["podpool_pod_id"] = "x";
                    break;
                case "variable":
                    spec.Environment["1="] = "x";
                    break;
                case "host":
                    spec.Hosts.Add("exa mple.org");
                    break;
                case "path":
                    spec.Paths.Add("/a/../b");
                    break;
                case "entry":
                    spec.EntryPoint = "a::b::c::d";
                    break;
                default:
                    spec.Timeout = new() { Seconds = -1 };
                    break;
            }
        }));
    }

    [Fact]
    public async Task Two_functions_cannot_have_one_address()
    {
        await _manager.Client.DeployAsync("first", Compiled.Hello(), spec => spec.Hosts.Add("shop.example.org"));
        await AssertRefusedAsync(Reason.InvalidArgument, "default/first", () => _manager.Client.DeployAsync("second", Compiled.Hello(), spec => spec.Hosts.Add("Shop.Example.org")));
        await AssertRefusedAsync(Reason.InvalidArgument, "default/first", () => _manager.Client.DeployAsync("second", Compiled.Hello(), spec => spec.Paths.Add("/default/first")));
    }

    [Fact]
    public async Task A_package_that_would_not_start_is_refused_with_every_reason()
    {
        var package = Compiled.Function("public sealed class A : IHttpFunction { public Task HandleAsync(HttpContext c) => null!; } public sealed class B : IHttpFunction { public Task HandleAsync(HttpContext c) => null!; }");
        var refused = await AssertRefusedAsync(Reason.EntryPointAmbiguous, "'A', 'B'", () => _manager.Client.DeployAsync("hello", package));
        Assert.Equal("Fn.dll", refused.InfoOf()!.Metadata["file"]);
        await AssertRefusedAsync(Reason.FunctionNotFound, "default/hello", () => _manager.Client.DescribeAsync("hello"));
    }

    [Fact]
    public async Task A_pool_that_is_not_there_is_refused_with_those_that_are()
        => await AssertRefusedAsync(Reason.PoolNotFound, "'default'", () => _manager.Client.DeployAsync("hello", Compiled.Hello(), spec => spec.Pool = "large"));

    [Fact]
    public async Task What_is_deleted_is_gone_and_cannot_be_deleted_again()
    {
        await _manager.Client.DeployAsync("hello", Compiled.Hello());
        await _manager.Client.Operator.DeleteFunctionAsync(ManagerClient.Name("hello"), cancellationToken: Test);
        await AssertRefusedAsync(Reason.FunctionNotFound, "default/hello", () => _manager.Client.DescribeAsync("hello"));
        await AssertRefusedAsync(Reason.FunctionNotFound, "default/hello", () => _manager.Client.Operator.DeleteFunctionAsync(ManagerClient.Name("hello"), cancellationToken: Test).ResponseAsync);
        await AssertRefusedAsync(Reason.FunctionNotFound, "default/hello", () => _manager.AcquireAsync("hello"));
        Assert.Empty((await _manager.Client.Operator.ListFunctionsAsync(new(), cancellationToken: Test)).Functions);
    }

    [Fact]
    public async Task With_no_pod_to_be_had_an_acquire_is_refused_by_its_deadline_and_says_when_to_come_back()
    {
        await _manager.Client.DeployAsync("hello", Compiled.Hello(), spec => spec.OnEmptyPool = EmptyPoolPolicy.Reject);
        var refused = await AssertRefusedAsync(Reason.PoolEmpty, "warm pod", () => _manager.AcquireAsync("hello"));
        Assert.True(int.Parse(refused.InfoOf()!.Metadata["retry_after_ms"], System.Globalization.CultureInfo.InvariantCulture) >= 0);
    }

    [Fact]
    public async Task A_size_that_an_operator_sets_outlives_the_manager()
    {
        using var folder = new TemporaryFolder();
        await using (var first = await ManagerUnderTest.StartAsync(warm: 0, folder: folder))
        {
            Assert.Equal(1, (await first.Client.Operator.ResizePoolAsync(new() { Pool = "default", Warm = 1 }, cancellationToken: Test)).Size);
            await first.Client.UntilWarmAsync(1);
            await AssertRefusedAsync(Reason.InvalidArgument, "10000", () => first.Client.Operator.ResizePoolAsync(new() { Warm = -1 }, cancellationToken: Test).ResponseAsync);
            await AssertRefusedAsync(Reason.PoolNotFound, "'x'", () => first.Client.Operator.ResizePoolAsync(new() { Pool = "x" }, cancellationToken: Test).ResponseAsync);
        }

        await using var second = await ManagerUnderTest.StartAsync(warm: 0, folder: folder);
        Assert.Equal(1, (await second.Client.PoolAsync()).Size);
    }

    private static async Task<RpcException> AssertRefusedAsync(Reason reason, string says, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(reason, refused.ReasonOf());
        Assert.Contains(says, refused.Status.Detail, StringComparison.Ordinal);
        return refused;
    }
}
