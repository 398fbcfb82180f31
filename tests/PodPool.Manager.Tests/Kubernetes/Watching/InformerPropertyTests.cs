using CsCheck;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Kubernetes.Watching;

public class InformerPropertyTests
{
    private enum Step
    {
        Create,
        Resize,
        Delete,
        Replace,
        Drop,
        End,
        Compact,
        Bookmark,
        Gone,
        Refuse,
        Heal,
        Pass,
    }

    /// <summary>A real client and real sockets, so few samples of many steps: the rules alone are tried far more often in <see cref="ObjectStoreTests"/>.</summary>
    [Fact]
    public async Task Whatever_goes_wrong_the_store_ends_as_the_server_and_handlers_saw_one_straight_story()
        => await Gen.Select(Gen.Enum<Step>(), Gen.Int[0, 5]).List[10, 60].Select(Gen.Int[0, 1_000_000], (steps, seed) => (steps, seed)).SampleAsync(
            sample => RunAsync(sample.steps, new Random(sample.seed)),
            iter: 25,
            threads: 1);

    private static async Task RunAsync(List<(Step Step, int Name)> steps, Random random)
    {
        await using var test = await InformerUnderTest.NewAsync(new() { PageSize = 2, WatchTimeout = TimeSpan.FromSeconds(20), WatchMargin = TimeSpan.FromSeconds(2) });
        test.Server.SaysGoneInStream = random.Next(2) == 0;
        test.Server.Garbler = FakeGarbler.New(random.Next());
        test.Start();
        foreach (var (step, name) in steps)
        {
            await StepAsync(test, step, $"w{name}", random);
        }

        test.Server.Heal();
        test.Create("last");
        await test.Time.AdvanceUntilAsync(
            () => Wanted(test).SequenceEqual(Known(test)) && Wanted(test).SequenceEqual(Texts(test.Recorder.Known.Values)), TimeSpan.FromMilliseconds(500));
        Assert.Empty(test.Recorder.Nonsense);
    }

    private static async Task StepAsync(InformerUnderTest test, Step step, string name, Random random)
    {
        var isThere = test.Server.Store.Find(Widget.FakeKind, InformerUnderTest.NameOf(name)) is not null;
        switch (step)
        {
            case Step.Create when !isThere:
                test.Create(name);
                break;
            case Step.Resize when isThere:
                test.Resize(name, random.Next());
                break;
            case Step.Delete when isThere:
                test.Delete(name);
                break;
            case Step.Replace when isThere:
                test.Delete(name);
                test.Create(name);
                break;
            case Step.Drop:
                test.Server.Watches.ToList().ForEach(watch => watch.Drop());
                break;
            case Step.End:
                test.Server.Watches.ToList().ForEach(watch => watch.End());
                break;
            case Step.Compact:
                test.Server.Store.Compact();
                break;
            case Step.Bookmark:
                test.Server.Bookmark();
                break;
            case Step.Gone:
                test.Server.Watches.ToList().ForEach(watch => watch.SendError(410, "Expired"));
                break;
            case Step.Refuse:
                var kind = random.Next(4);
                test.Server.Fail(
                    request => kind switch
                    {
                        0 => new FakeFault.Refused(503, "ServiceUnavailable"),
                        1 => new FakeFault.Dropped(),
                        2 => request.Query.ContainsKey("continue") ? new FakeFault.Refused(410, "Expired") : null,
                        _ => request.Verb == "watch" ? new FakeFault.Refused(429, "TooManyRequests", RetryAfter: "1") : null,
                    },
                    times: random.Next(1, 5));
                break;
            case Step.Heal:
                test.Server.Heal();
                break;
            default:
                test.Time.Advance(TimeSpan.FromMilliseconds(random.Next(5_000)));
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
                break;
        }
    }

    private static IEnumerable<string> Wanted(InformerUnderTest test)
        => test.Server.Store.All(Widget.FakeKind).Select(one => $"{one.Name} {one.Uid} {one.Version}").Order(StringComparer.Ordinal);

    private static IEnumerable<string> Known(InformerUnderTest test) => Texts(test.Informer.All.Values);

    private static IEnumerable<string> Texts(IEnumerable<Widget> widgets)
        => widgets.Select(widget => $"{widget.Metadata.Name} {widget.Metadata.Uid} {widget.Metadata.ResourceVersion}").Order(StringComparer.Ordinal);
}
