using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Kubernetes.Watching;

public class ObjectStoreTests
{
    // Below a power of ten: versions shall not be compared as texts.
    private const long FirstVersion = 90;

    [Fact]
    public void A_deletion_that_outran_the_last_change_is_final()
    {
        var (store, recorder) = New();
        store.Replace([At("a", "u1", 9)], "10");
        store.Apply(new(WatchEventKind.Deleted, At("a", "u1", 12), "12"));
        store.Apply(new(WatchEventKind.Modified, At("a", "u1", 11), "11"));
        Assert.Equal(["+a", "-a"], recorder.Told);
        Assert.Equal("12", store.Version);
    }

    [Fact]
    public void A_deletion_of_the_one_before_leaves_the_successor()
    {
        var (store, recorder) = New();
        store.Replace([At("a", "u1", 99)], "99");
        store.Apply(new(WatchEventKind.Added, At("a", "u2", 101), "101"));
        store.Apply(new(WatchEventKind.Deleted, At("a", "u1", 100), "100"));
        Assert.Equal(["+a", "-a", "+a"], recorder.Told);
        Assert.Equal("u2", store.All.Single().Value.Metadata.Uid);
    }

    [Fact]
    public void A_deletion_of_a_successor_never_seen_removes_the_one_before()
    {
        var (store, recorder) = New();
        store.Replace([At("a", "u1", 9)], "9");
        store.Apply(new(WatchEventKind.Deleted, At("a", "u2", 12), "12"));
        Assert.Equal(["+a", "-a"], recorder.Told);
        Assert.Empty(recorder.Nonsense);
    }

    [Fact]
    public void What_was_before_a_successor_that_went_does_not_come_back()
    {
        var (store, recorder) = New();
        store.Replace([], "9");
        store.Apply(new(WatchEventKind.Added, At("a", "u2", 12), "12"));
        store.Apply(new(WatchEventKind.Deleted, At("a", "u1", 11), "11"));
        store.Apply(new(WatchEventKind.Deleted, At("a", "u2", 13), "13"));
        store.Apply(new(WatchEventKind.Added, At("a", "u1", 10), "10"));
        Assert.Equal(["+a", "-a"], recorder.Told);
        Assert.Empty(store.All);
    }

    [Fact]
    public void A_list_is_right_even_about_what_is_older()
    {
        var (store, recorder) = New();
        store.Replace([At("a", "u1", 50), At("b", "u2", 60)], "60");
        store.Replace([At("a", "u1", 40)], "45");
        Assert.Equal("40", store.All.Single().Value.Metadata.ResourceVersion);
        Assert.Equal(["+a", "+b", "-b", "~a"], recorder.Told);
        Assert.Equal("45", store.Version);
    }

    [Fact]
    public void Whatever_is_repeated_swapped_or_listed_anew_each_handler_sees_one_straight_story()
    {
        // A history of a few names; then lists, and watches of it that repeat and swap neighbours of one name.
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 9]).List[1, 60].Select(Gen.Int[0, 1_000_000], (steps, seed) => (steps, seed)).Sample(sample =>
        {
            var random = new Random(sample.seed);
            var history = HistoryOf(sample.steps);
            var (store, recorder) = New();
            var at = random.Next(history.Count);
            store.Replace(StateAt(history, at), VersionAt(at));
            while (at < history.Count)
            {
                var until = random.Next(at, history.Count) + 1;
                var batch = history.GetRange(at, until - at);
                Garble(batch, history.GetRange(0, until), random);
                batch.ForEach(store.Apply);
                at = until;
                switch (random.Next(5))
                {
                    case 0:
                        store.RaiseFloor();
                        break;
                    case 1:
                        store.Apply(new(WatchEventKind.Bookmark, null, VersionAt(at)));
                        break;
                    case 2:
                        // A gap.
                        at = random.Next(at, history.Count + 1);
                        store.Replace(StateAt(history, at), VersionAt(at));
                        break;
                    default:
                        break;
                }

                Assert.Empty(recorder.Nonsense);
                AssertSame(StateAt(history, at), store.All.Values);
                AssertSame(store.All.Values, recorder.Known.Values);
            }
        });
    }

    private static (ObjectStore<Widget> Store, Recorder<Widget> Recorder) New()
    {
        var (store, recorder) = (new ObjectStore<Widget>(NullLogger.Instance), new Recorder<Widget>());
        store.Tell(recorder);
        return (store, recorder);
    }

    private static Widget At(string name, string uid, long version)
    {
        var widget = Widget.Of(name);
        widget.Metadata.Uid = uid;
        widget.Metadata.ResourceVersion = $"{version}";
        return widget;
    }

    /// <summary>Each step touches one name: it comes, changes, or (one time in three) goes.</summary>
    private static List<WatchEvent<Widget>> HistoryOf(List<(int Name, int Dice)> steps)
    {
        var history = new List<WatchEvent<Widget>>();
        var living = new Dictionary<int, string>();
        foreach (var (name, dice) in steps)
        {
            var version = FirstVersion + history.Count + 1;
            if (!living.TryGetValue(name, out var uid))
            {
                living[name] = uid = $"uid-{version}";
                history.Add(new(WatchEventKind.Added, At($"w{name}", uid, version), $"{version}"));
            }
            else if (dice < 3)
            {
                living.Remove(name);
                history.Add(new(WatchEventKind.Deleted, At($"w{name}", uid, version), $"{version}"));
            }
            else
            {
                history.Add(new(WatchEventKind.Modified, At($"w{name}", uid, version), $"{version}"));
            }
        }

        return history;
    }

    private static string VersionAt(int at) => $"{FirstVersion + at}";

    private static List<Widget> StateAt(List<WatchEvent<Widget>> history, int at)
    {
        var state = new Dictionary<string, Widget>();
        foreach (var happened in history.Take(at))
        {
            if (happened.Kind == WatchEventKind.Deleted)
            {
                state.Remove(happened.Subject!.Metadata.Name);
            }
            else
            {
                state[happened.Subject!.Metadata.Name] = happened.Subject;
            }
        }

        return [.. state.Values];
    }

    private static void Garble(List<WatchEvent<Widget>> batch, List<WatchEvent<Widget>> past, Random random)
    {
        for (var at = batch.Count - 1; at > 0; at--)
        {
            if (batch[at].Subject!.Metadata.Name == batch[at - 1].Subject!.Metadata.Name && random.Next(3) == 0)
            {
                (batch[at], batch[at - 1]) = (batch[at - 1], batch[at]);
            }
        }

        for (var repeats = random.Next(4); repeats > 0; repeats--)
        {
            batch.Insert(random.Next(batch.Count + 1), past[random.Next(past.Count)]);
        }
    }

    private static void AssertSame(IEnumerable<Widget> expected, IEnumerable<Widget> actual)
        => Assert.Equal(expected.Select(Text).Order(StringComparer.Ordinal), actual.Select(Text).Order(StringComparer.Ordinal));

    private static string Text(Widget widget) => $"{widget.Metadata.Name} {widget.Metadata.Uid} {widget.Metadata.ResourceVersion}";
}
