using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace PodPool.Simulation.Tests;

public sealed class TraceTests
{
    private const string Header2021 = "app,func,end_timestamp,duration\n";

    private static readonly Spread Quick = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100));

    [Fact]
    public void Invocations_begin_before_they_end_and_come_in_the_order_of_their_begin()
    {
        using var file = new TemporaryFile(Header2021 + "a,f,10,1\nb,f,11,5\na,f,12,0.5\n");

        var (arrivals, load) = ReadAll(new AzureInvocations(file.Path));

        Assert.Equal(["b/f", "a/f", "a/f"], arrivals.Select(arrival => load.Functions[arrival.Function]));
        Assert.Equal([6, 9, 11.5], arrivals.Select(arrival => Seconds(arrival.At)));
        Assert.Equal([5, 1, 0.5], arrivals.Select(arrival => Seconds(arrival.Duration)));
        Assert.Empty(load.Repairs.All);
    }

    [Fact]
    public void Other_encodings_separators_and_compression_are_read()
    {
        foreach (var encoding in (Encoding[])[new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32])
        {
            using var file = new TemporaryFile(Header2021.Replace(',', ';') + "ä;f;10;1\n", encoding);
            Assert.Equal("ä/f", Assert.Single(ReadAll(new AzureInvocations(file.Path)).Load.Functions));
        }

        using var zipped = new TemporaryFile("");
        using (var gzip = new GZipStream(File.Create(zipped.Path), CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(Header2021 + "a,f,10,1\r\n"));
        }

        Assert.Single(ReadAll(new AzureInvocations(zipped.Path)).Arrivals);
    }

    [Fact]
    public void What_can_be_put_right_is_counted_with_the_line_of_the_first()
    {
        using var file = new TemporaryFile(Header2021 + "a,f,0.5,1\n\na,f,10,-2\na,f,9,1\na,f,7000,1\na,f,20,1\n");

        var (arrivals, load) = ReadAll(new AzureInvocations(file.Path));

        Assert.Equal(5, arrivals.Count);
        Assert.Equal(arrivals.Select(arrival => arrival.At).Order(), arrivals.Select(arrival => arrival.At));
        Assert.Collection(
            load.Repairs.All,
            text => Assert.Equal("empty lines, left out: 1 (first in line 3)", text),
            text => Assert.Equal("negative durations, taken as 0: 1 (first in line 4)", text),
            text => Assert.Equal("requests that began before the trace, taken to begin with it: 1 (first in line 2)", text),
            text => Assert.Equal("times that step back, put in order: 2 (first in line 5)", text));
    }

    [Fact]
    public void Requests_too_far_out_of_order_are_moved_and_counted()
    {
        using var file = new TemporaryFile(Header2021 + string.Concat(Enumerable.Range(0, 50).Select(i => $"a,f,{i * 100},1\n")) + "a,f,20,1\n");

        var order = new Reordering("trace.csv", new Repairs());
        order.Add(new Arrival(0, 0, 0), 0, 2 * Reordering.Window.Ticks, 2);
        Assert.True(order.TryTake(false, out _));

        var (arrivals, load) = ReadAll(new AzureInvocations(file.Path));
        Assert.Equal(51, arrivals.Count);
        Assert.Equal(arrivals.Select(arrival => arrival.At).Order(), arrivals.Select(arrival => arrival.At));
        Assert.Contains(load.Repairs.All, text => text.StartsWith("requests more than 10 min out of order", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, 0, "line 242: from there on lines are more than 10 min earlier than lines before them, ")]
    [InlineData(-1, 240, "line 13: from there on lines are more than 10 min earlier than lines before them, ")]
    public void A_file_in_no_order_is_refused_with_the_line_where_it_begins_and_the_remedy(int step, int first, string reason)
    {
        // Two routers' logs of four hours, one after the other; and such that have the newest first.
        var lines = string.Concat(Enumerable.Range(0, 480).Select(i => FormattableString.Invariant($"a,f,{(first + i % 240 * step) * 60},1\n")));
        using var file = new TemporaryFile(Header2021 + lines);

        var message = Assert.Throws<TraceException>(() => ReadAll(new AzureInvocations(file.Path))).Message;

        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Contains("Sort the file by time; logs of several routers must be merged", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_steps_back_an_hour_is_refused_however_long_the_file_is()
    {
        // Fewer than one line in a hundred is late; but all of them would come at once.
        var times = Enumerable.Range(0, 60_000).Select(i => i * 6).Concat(Enumerable.Range(0, 600).Select(i => 360_000 - 3600 + i * 6));
        using var file = new TemporaryFile(Header2021 + string.Concat(times.Select(time => FormattableString.Invariant($"a,f,{time},1\n"))));

        Assert.Contains("line 60002: from there on", Assert.Throws<TraceException>(() => ReadAll(new AzureInvocations(file.Path))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_that_take_longer_than_lines_are_kept_are_in_no_wrong_order()
    {
        using var file = new TemporaryFile(Header2021 + string.Concat(Enumerable.Range(1000, 500).Select(i => FormattableString.Invariant($"a,f,{i * 10},{(i % 2 == 0 ? 1 : 1200)}\n"))));

        Assert.Equal(500, ReadAll(new AzureInvocations(file.Path)).Arrivals.Count);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("app,func,end,duration\na,f,1,1\n", "line 1: there is no column 'end_timestamp'; there are: app, func, end, duration")]
    [InlineData(Header2021 + "a,f,1,1\na,f,x,1\n", "line 3: 'end_timestamp' is 'x', which is no number")]
    [InlineData(Header2021 + "a,f,1,1\na,f,2\n", "line 3: there are 3 columns")]
    [InlineData(Header2021 + "a,f,NaN,1\n", "line 2: 'end_timestamp' is 'NaN', which is no number")]
    [InlineData(Header2021 + "a,f,1612051200000,1\n", "line 2: it is more than a year")]
    public void A_file_that_cannot_be_read_is_refused_with_the_line_and_the_reason(string text, string reason)
    {
        using var file = new TemporaryFile(text);

        Assert.Contains(reason, Assert.Throws<TraceException>(() => ReadAll(new AzureInvocations(file.Path))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_only_begins_as_gzip_is_refused()
    {
        using var file = new TemporaryFile("");
        File.WriteAllBytes(file.Path, [0x1f, 0x8b, .. "no gzip, however long"u8]);

        Assert.Contains("begins as gzip does and is none", Assert.Throws<TraceException>(() => TraceFormat.Of(file.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("is no CSV with a header", Assert.Throws<TraceException>(() => new AzureInvocations(file.Path).Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_is_read_as_often_as_a_file()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no pipes that are files");
        }

        using var file = new TemporaryFile("");
        var pipe = file.Path + ".pipe";
        using (var made = Process.Start("mkfifo", [pipe]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        // To open a pipe waits for its other end.
        var written = Task.Run(() => File.WriteAllText(pipe, Header2021 + "a,f,10,1\n"), TestContext.Current.CancellationToken);

        Assert.Equal(TraceFormat.Azure2021, TraceFormat.Of(pipe));
        var source = new AzureInvocations(pipe);
        using (var first = source.Open())
        {
            Assert.Single(ReadAll(source).Arrivals);
            Assert.Equal(1, first.Read(new Arrival[16]));
        }

        Assert.Single(ReadAll(source).Arrivals);
        await written;
    }

    [Fact]
    public void A_file_that_is_not_there_says_so() =>
        Assert.Contains("cannot be read", Assert.Throws<TraceException>(() => new AzureInvocations("/no/such/file").Open()).Message, StringComparison.Ordinal);

    [Fact]
    public void Calls_of_a_minute_come_within_it_in_order_and_none_is_lost()
    {
        using var file = new TemporaryFile(Day(("f", 1, 3), ("f", 1440, 2), ("g", 1, 100)));

        var (arrivals, load) = ReadAll(new AzureMinutes([file.Path, file.Path], Quick, 1));

        Assert.Equal(2 * 105, arrivals.Count);
        Assert.Equal(["a/f", "a/g"], load.Functions);
        Assert.Equal(arrivals.Select(arrival => arrival.At).Order(), arrivals.Select(arrival => arrival.At));
        Assert.Equal(103, arrivals.Count(arrival => arrival.At < TimeSpan.TicksPerMinute));
        Assert.Equal(2, arrivals.Count(arrival => Seconds(arrival.At) is >= 86_340 and < 86_400));
        Assert.Equal(2 * TimeSpan.TicksPerDay, load.End);
        Assert.InRange(arrivals.Take(103).Average(arrival => Seconds(arrival.At)), 25, 35);
    }

    [Fact]
    public void Minutes_without_a_column_are_counted_and_a_day_without_any_is_refused()
    {
        using var some = new TemporaryFile("HashOwner,HashApp,HashFunction,Trigger,1,2\no,a,f,http,4,0\n");
        var (arrivals, load) = ReadAll(new AzureMinutes([some.Path], Quick, 1));
        Assert.Equal(4, arrivals.Count);
        Assert.Equal("minutes without a column, taken as without a call: 1438 (in all)", Assert.Single(load.Repairs.All));

        using var none = new TemporaryFile("HashOwner,HashApp,HashFunction,Trigger\no,a,f,http\n");
        Assert.Contains("no column '1'", Assert.Throws<TraceException>(() => new AzureMinutes([none.Path], Quick, 1).Open()).Message, StringComparison.Ordinal);

        using var wrong = new TemporaryFile("HashOwner,HashApp,HashFunction,Trigger,1,2\no,a,f,http,4,-1\n");
        Assert.Contains("line 2: minute 2 is '-1'", Assert.Throws<TraceException>(() => new AzureMinutes([wrong.Path], Quick, 1).Open()).Message, StringComparison.Ordinal);
    }

    private static string Day(params (string Function, int Minute, int Calls)[] calls)
    {
        var text = new StringBuilder("HashOwner,HashApp,HashFunction,Trigger,").AppendJoin(',', Enumerable.Range(1, 1440)).Append('\n');
        foreach (var function in calls.GroupBy(call => call.Function))
        {
            var minutes = new int[1440];
            foreach (var call in function)
            {
                minutes[call.Minute - 1] = call.Calls;
            }

            text.Append(CultureInfo.InvariantCulture, $"o,a,{function.Key},http,").AppendJoin(',', minutes).Append('\n');
        }

        return text.ToString();
    }

    private static double Seconds(long ticks) => TimeSpan.FromTicks(ticks).TotalSeconds;

    private static (List<Arrival> Arrivals, ILoad Load) ReadAll(ILoadSource source)
    {
        using var load = source.Open();
        var (arrivals, part) = (new List<Arrival>(), new Arrival[16]);
        while (load.Read(part) is > 0 and var count)
        {
            arrivals.AddRange(part.AsSpan(0, count));
        }

        return (arrivals, load);
    }
}
