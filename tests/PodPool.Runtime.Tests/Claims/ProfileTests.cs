using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Runtime.Tests.Pods;

namespace PodPool.Runtime.Tests.Claims;

/// <summary>The first instance of a revision records what its start needed; the next one is given it, and answers as the first did.</summary>
public sealed class ProfileTests
{
    // Enough to be compiled that a profile is worth it.
    private static readonly TestPackage Package = TestPackage.Of("""
        public class Work
        {
            static string Of<T>(T value) where T : notnull => new Dictionary<T, T> { [value] = value }.Select(pair => (pair.Key, pair.Value)).GroupBy(pair => pair.Key).Single().Key.ToString()!;

            public string Get() => string.Concat(
                Of((byte)1), Of((short)2), Of(3), Of(4L), Of((ushort)5), Of(6u), Of(7ul), Of((sbyte)8), Of(9m), Of('a'),
                Of(new DateOnly(2024, 1, 2).Day), Of(TimeSpan.FromSeconds(1).Seconds), Of((1, 2)).Length, Of((1L, 2L)).Length, Of((1m, 2)).Length);
        }
        """);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_instance_recorded_another_replays()
    {
        Assert.SkipUnless(Environment.ProcessorCount > 1, "on one processor the runtime records nothing");
        var profile = await RecordAsync();
        Assert.NotEmpty(StartProfile.Parser.ParseFrom(profile).Methods);
        Assert.Equal(["Function"], StartProfile.Parser.ParseFrom(profile).Assemblies);

        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Parts(pod, profile: profile));

        Assert.Equal(Answer, await pod.Functions.GetStringAsync("/", Test));
        Assert.False((await pod.Loader.ProfileAsync(new(), cancellationToken: Test)).Recorded);
    }

    [Fact]
    public async Task A_start_that_is_short_is_not_worth_a_profile()
    {
        // Rehearsed: else a part of the start is the pod's own.
        await using var pod = await PodProcess.StartAsync(rehearse: true);
        await pod.SpecializeAsync(WithProfile(pod, Samples.Hello.Claim(pod, Samples.HelloEntryPoint), [], record: true));
        await pod.Functions.GetStringAsync("/", Test);

        var answer = await pod.Loader.ProfileAsync(new(), cancellationToken: Test);

        Assert.True(answer.Recorded);
        Assert.Empty(answer.Profile);
    }

    [Fact]
    public async Task A_pod_that_drains_before_it_answered_has_recorded_nothing()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Parts(pod, record: true));
        var profile = pod.Loader.ProfileAsync(new(), cancellationToken: Test).ResponseAsync;

        await pod.Loader.DrainAsync(new(), cancellationToken: Test);

        Assert.False((await profile).Recorded);
    }

    [Fact]
    public async Task A_pod_that_drains_hands_over_what_it_recorded_at_once()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Parts(pod, record: true));

        // The first answer is counted after it was sent, and before the next request of its connection is read.
        await pod.Functions.GetStringAsync("/", Test);
        await pod.Functions.GetStringAsync("/", Test);

        await pod.Loader.DrainAsync(new(), cancellationToken: Test);

        Assert.True((await pod.Loader.ProfileAsync(new(), cancellationToken: Test)).Recorded);
    }

    [Fact]
    public async Task Without_being_asked_a_pod_records_nothing()
    {
        await using var pod = await PodProcess.StartAsync();
        var refusal = await Assert.ThrowsAsync<RpcException>(() => pod.Loader.ProfileAsync(new(), cancellationToken: Test).ResponseAsync);
        Assert.Equal(Reason.PodNotWarm, refusal.ReasonOf());

        await pod.SpecializeAsync(Parts(pod));
        await pod.Functions.GetStringAsync("/", Test);

        Assert.False((await pod.Loader.ProfileAsync(new(), cancellationToken: Test)).Recorded);
        Assert.False(Directory.Exists(Path.Combine(pod.FilesFolder, "profile")));
    }

    [Fact]
    public async Task A_profile_that_is_not_the_signed_one_is_refused_and_the_pod_stays_warm()
    {
        await using var pod = await PodProcess.StartAsync();
        var signed = new StartProfile { Methods = ByteString.CopyFromUtf8("signed") }.ToByteArray();
        var parts = Parts(pod, profile: signed).ToArray();
        parts[0].Header.Profile = new StartProfile { Methods = ByteString.CopyFromUtf8("sent") }.ToByteString();
        Assert.Equal(Reason.ClaimWrongManifest, (await pod.RefusalAsync(parts)).Reason);

        parts[0].Header.Profile = ByteString.Empty;
        Assert.Equal(Reason.ClaimWrongManifest, (await pod.RefusalAsync(parts)).Reason);
        Assert.Equal(PodPhase.PodWarm, (await pod.StatusAsync()).Phase);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no profile at all")]
    public async Task A_profile_that_says_nothing_costs_nothing(string methods)
    {
        var profile = new StartProfile { Methods = ByteString.CopyFromUtf8(methods), Assemblies = { "Absent", "../Outside", "Function", "Function" } }.ToByteArray();
        await using var pod = await PodProcess.StartAsync();

        await pod.SpecializeAsync(Parts(pod, profile: profile));

        Assert.Equal(Answer, await pod.Functions.GetStringAsync("/", Test));
    }

    [Fact]
    public async Task A_profile_that_was_damaged_costs_nothing()
    {
        var recorded = StartProfile.Parser.ParseFrom(await RecordAsync());
        var methods = recorded.Methods.ToByteArray();
        for (var cut = 1; cut < 4; cut++)
        {
            var profile = new StartProfile(recorded) { Methods = ByteString.CopyFrom(methods, 0, methods.Length * cut / 4) }.ToByteArray();
            await using var pod = await PodProcess.StartAsync();
            await pod.SpecializeAsync(Parts(pod, profile: profile));
            Assert.Equal(Answer, await pod.Functions.GetStringAsync("/", Test));
        }
    }

    private const string Answer = "\"123456789a21666\"";

    private static async Task<byte[]> RecordAsync()
    {
        await using var pod = await PodProcess.StartAsync();
        await pod.SpecializeAsync(Parts(pod, record: true));
        Assert.Equal(Answer, await pod.Functions.GetStringAsync("/", Test));
        var answer = await pod.Loader.ProfileAsync(new(), cancellationToken: Test);
        Assert.True(answer.Recorded);
        return answer.Profile.ToByteArray();
    }

    private static IEnumerable<SpecializeRequest> Parts(PodProcess pod, byte[]? profile = null, bool record = false)
        => WithProfile(pod, Package.Claim(pod, "Function::Sample.Work::Get"), profile ?? [], record);

    private static IEnumerable<SpecializeRequest> WithProfile(PodProcess pod, TestClaim claim, byte[] profile, bool record)
    {
        var header = claim.Header();
        var signed = Claim.Parser.ParseFrom(header.Header.Claim);
        signed.ProfileSha256 = profile.Length == 0 ? ByteString.Empty : ByteString.CopyFrom(SHA256.HashData(profile));
        signed.RecordProfile = record;
        header.Header.Claim = signed.ToByteString();
        header.Header.Signature = ByteString.CopyFrom(pod.Key.SignData(header.Header.Claim.Span, HashAlgorithmName.SHA256));
        header.Header.Profile = ByteString.CopyFrom(profile);
        return claim.Chunks().Prepend(header);
    }
}
