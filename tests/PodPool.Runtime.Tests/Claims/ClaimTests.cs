using System.Security.Cryptography;
using Grpc.Core;
using PodPool.Contracts.V1;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Claims;

public sealed class ClaimTests
{
    [Fact]
    public async Task A_claim_turns_a_warm_pod_into_an_instance()
    {
        await using var pod = await PodProcess.StartAsync();

        var answer = await pod.SpecializeAsync(Samples.Hello, Samples.HelloEntryPoint);

        Assert.Equal(pod.Id, answer.InstanceId);
        Assert.Equal("Function::Sample.Hello::HandleAsync", answer.EntryPoint);
        Assert.True(answer.Phases is { Transfer: > 0, Load: > 0, Start: > 0 });
        Assert.Equal("hello world", await pod.Functions.GetStringAsync("/?name=world", TestContext.Current.CancellationToken));
        var status = await pod.StatusAsync();
        Assert.Equal(PodPhase.PodServing, status.Phase);
        Assert.Equal(("tests", "sample", "r1"), (status.Binding.Namespace, status.Binding.Function, status.Binding.Revision));
    }

    [Fact]
    public async Task The_same_claim_again_gets_the_same_answer()
    {
        await using var pod = await PodProcess.StartAsync();
        var claim = Samples.Hello.Claim(pod, Samples.HelloEntryPoint);

        var first = await pod.SpecializeAsync(claim.Parts());
        var second = await pod.SpecializeAsync(claim.Parts());
        var headerAlone = await pod.SpecializeAsync([claim.Header()]);

        Assert.Equal(first, second);
        Assert.Equal(first, headerAlone);
    }

    [Fact]
    public async Task Calls_that_wait_for_a_claim_bring_it_later_or_end_and_nothing_comes_of_them()
    {
        await using var pod = await PodProcess.StartAsync();
        using var left = pod.Loader.Specialize(cancellationToken: TestContext.Current.CancellationToken);
        using var ended = pod.Loader.Specialize(cancellationToken: TestContext.Current.CancellationToken);
        using var waiting = pod.Loader.Specialize(cancellationToken: TestContext.Current.CancellationToken);
        using var stays = pod.Loader.Specialize(cancellationToken: TestContext.Current.CancellationToken);

        left.Dispose();
        await ended.RequestStream.CompleteAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(() => ended.ResponseAsync);
        Assert.Equal(Reason.ClaimUnsigned, Contracts.ReasonErrors.ReasonOf(refused));
        Assert.Equal(PodPhase.PodWarm, (await pod.StatusAsync()).Phase);

        foreach (var part in Samples.Hello.Claim(pod, Samples.HelloEntryPoint).Parts())
        {
            await waiting.RequestStream.WriteAsync(part, TestContext.Current.CancellationToken);
        }

        Assert.Equal(pod.Id, (await waiting.ResponseAsync).InstanceId);
        Assert.Equal("hello world", await pod.Functions.GetStringAsync("/?name=world", TestContext.Current.CancellationToken));

        // Nor does a pod that ends wait for a claim.
        var output = await pod.RestOfOutputAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => stays.ResponseAsync)).StatusCode);
        Assert.DoesNotContain(output, line => line.Contains("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_claim_is_refused_and_told_what_the_pod_is_bound_to()
    {
        await using var pod = await PodProcess.StartAsync();
        var claim = Samples.Hello.Claim(pod, Samples.HelloEntryPoint);
        await pod.SpecializeAsync(claim.Parts());

        var (reason, message, metadata) = await pod.RefusalAsync(Samples.Hello.Claim(pod, Samples.HelloEntryPoint).Parts());

        Assert.Equal(Reason.ClaimConflict, reason);
        Assert.Contains("tests/sample", message, StringComparison.Ordinal);
        Assert.Equal("tests/sample", metadata["function"]);
        Assert.Equal("r1", metadata["revision"]);
        Assert.Equal(claim.Id, metadata["claim"]);
        Assert.Equal("hello x", await pod.Functions.GetStringAsync("/?name=x", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Of_many_claims_at_once_exactly_one_gets_the_pod()
    {
        await using var pod = await PodProcess.StartAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async index =>
        {
            var claim = Samples.Hello.Claim(pod, Samples.HelloEntryPoint, manifest => manifest.Revision = $"r{index}");
            try
            {
                await pod.SpecializeAsync(claim.Parts());
                return (claim.Id, Reason.Unspecified);
            }
            catch (RpcException exception)
            {
                return (claim.Id, Contracts.ReasonErrors.ReasonOf(exception));
            }
        }));

        var winner = Assert.Single(outcomes, outcome => outcome.Item2 == Reason.Unspecified);
        Assert.All(outcomes.Where(outcome => outcome != winner), outcome => Assert.Equal(Reason.ClaimConflict, outcome.Item2));
        Assert.Equal(winner.Id, (await pod.StatusAsync()).Binding.ClaimId);
    }

    [Fact]
    public async Task Claims_that_are_not_good_are_refused_and_the_pod_stays_warm()
    {
        await using var pod = await PodProcess.StartAsync();
        using var strangersKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        await Refuses(Reason.ClaimUnsigned, claim => claim.IsSigned = false);
        await Refuses(Reason.ClaimUnsigned, claim => claim.Key = strangersKey);
        await Refuses(Reason.ClaimExpired, claim => claim.ExpiresAt = TimeProvider.System.GetUtcNow().AddSeconds(-31));
        await Refuses(Reason.ClaimWrongPod, claim => claim.PodId = "another");
        await Refuses(Reason.ClaimWrongManifest, claim => claim.Revision = "r2");
        var tampered = Samples.Hello.Claim(pod, Samples.HelloEntryPoint);
        var (reason, _, _) = await pod.RefusalAsync(tampered.Chunks().Prepend(tampered.Header(manifest => manifest.EntryPoint = "Other")));
        Assert.Equal(Reason.ClaimWrongManifest, reason);
        (reason, _, _) = await pod.RefusalAsync(tampered.Chunks());
        Assert.Equal(Reason.ClaimUnsigned, reason);

        Assert.Equal(PodPhase.PodWarm, (await pod.StatusAsync()).Phase);
        Assert.Empty(Directory.EnumerateFileSystemEntries(pod.PackageFolder));
        await pod.SpecializeAsync(Samples.Hello, Samples.HelloEntryPoint);

        async Task Refuses(Reason expected, Action<TestClaim> spoil)
        {
            var claim = Samples.Hello.Claim(pod, Samples.HelloEntryPoint);
            spoil(claim);
            var (refused, message, _) = await pod.RefusalAsync(claim.Parts());
            Assert.Equal(expected, refused);
            Assert.NotEmpty(message);
        }
    }

    [Fact]
    public async Task A_claim_whose_expiry_is_within_the_clocks_skew_is_good()
    {
        await using var pod = await PodProcess.StartAsync();
        var claim = Samples.Hello.Claim(pod, Samples.HelloEntryPoint);
        claim.ExpiresAt = TimeProvider.System.GetUtcNow().AddSeconds(-10);

        Assert.Equal(pod.Id, (await pod.SpecializeAsync(claim.Parts())).InstanceId);
    }

    [Fact]
    public async Task A_draining_pod_accepts_no_claim()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.Loader.DrainAsync(new(), cancellationToken: TestContext.Current.CancellationToken);

        var (reason, _, _) = await pod.RefusalAsync(Samples.Hello.Claim(pod, Samples.HelloEntryPoint).Parts());

        Assert.Equal(Reason.PodNotWarm, reason);
    }

    [Fact]
    public async Task A_failed_claim_asked_for_again_gets_the_same_error()
    {
        await using var pod = await PodProcess.StartAsync();
        var claim = Samples.Hello.Claim(pod, "Function::Sample.Nothing");

        var first = await pod.RefusalAsync(claim.Parts());
        var second = await pod.RefusalAsync(claim.Parts());

        Assert.Equal(Reason.EntryPointNotFound, first.Reason);
        Assert.Equal((first.Reason, first.Message), (second.Reason, second.Message));
        var status = await pod.StatusAsync();
        Assert.Equal(PodPhase.PodFailed, status.Phase);
        Assert.Equal(Reason.EntryPointNotFound, status.Failure);
        Assert.Equal(first.Message, status.Message);
        Assert.Equal(Reason.ClaimConflict, (await pod.RefusalAsync(Samples.Hello.Claim(pod, Samples.HelloEntryPoint).Parts())).Reason);
    }
}
