using System.Globalization;
using System.Net;

namespace PodPool.Simulation.Tests;

public sealed class OtherTraceTests
{
    private static readonly Spread Tenth = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100));

    [Fact]
    public void A_cold_start_of_Huaweis_is_a_request_of_its_function_user_and_pool()
    {
        using var file = new TemporaryFile("""
            day,time,clusterName,funcName,userID,requestID,totalCost_cold_start,podAllocationCost,deployCodeCost,deployDependencyCost,schedulingCost,podID
            1,90000.5,1,10,134,82f1,2.2,0.02,0.04,0.4,1.7,pool24-600-512-0000577863
            1,90010,1,10,134,82f2,2.2,0.02,0.04,0.4,1.7,pool24-600-512-0000577864
            1,3700,1,10,134,82f3,2.2,0.02,0.04,0.4,1.7,pool22-300-128-0000000001

            """);

        var (arrivals, load) = ReadAll(file.Path);

        Assert.Equal(TraceFormat.Huawei2025, TraceFormat.Of(file.Path));
        Assert.Equal(["10---134---pool24-600-512", "10---134---pool22-300-128"], load.Functions);
        Assert.Equal(RowLoad.NoDate.AddSeconds(90000), load.Begin);

        // The last counts within its day.
        Assert.Equal([0.5, 10, 100], arrivals.Select(arrival => TimeSpan.FromTicks(arrival.At).TotalSeconds));
        Assert.All(arrivals, arrival => Assert.Equal(Tenth.Median.Ticks, arrival.Duration));
    }

    [Fact]
    public void A_request_of_Huaweis_has_its_own_duration()
    {
        using var file = new TemporaryFile("time_worker,time_frontend,funcName,podID,userID,totalCost_worker,totalCost_frontend\n2600186.994,2600186.995,296,pool22-300-128-0000618412,224,0.02,0.5\n");

        Assert.Equal(TimeSpan.FromSeconds(0.5).Ticks, Assert.Single(ReadAll(file.Path).Arrivals).Duration);

        using var less = new TemporaryFile("time_frontend,funcName,podID,userID\n1,296,pool22-300-128-0000618412,224\n");
        Assert.Contains("no column 'totalCost_frontend'", Assert.Throws<TraceException>(() => ReadAll(less.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_of_an_access_log_is_a_request()
    {
        using var file = new TemporaryFile("""
            {"time":"2026-03-02T08:00:05.25Z","function":"shop/hello","duration":0.5,"status":200}

            {"time":1772438406,"function":"shop/cart"}

            """);

        var (arrivals, load) = ReadAll(file.Path);

        Assert.Equal(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero), load.Begin);
        Assert.Equal([5.25, 6], arrivals.Select(arrival => TimeSpan.FromTicks(arrival.At).TotalSeconds));
        Assert.Equal([0.5, 0.1], arrivals.Select(arrival => TimeSpan.FromTicks(arrival.Duration).TotalSeconds));
        Assert.Equal(["empty lines, left out: 1 (first in line 2)", "lines without a duration, drawn: 1 (first in line 3)"], load.Repairs.All);
    }

    [Fact]
    public void A_routers_access_log_says_how_long_a_request_was_held_and_may_have_its_own_log_between()
    {
        using var file = new TemporaryFile("""
            {"time":"2026-03-02T08:00:05Z","function":"shop/hello","duration":0.512,"held":0.012,"start":"pooled","method":"GET","status":200,"instance":"p1"}
            {"EventId":2,"LogLevel":"Warning","Category":"PodPool.Router.RequestHandler","Message":"Cannot reach p1"}
            {"time":"2026-03-02T08:00:06Z","function":"shop/hello","duration":0.25,"held":0,"start":"warm","method":"GET","status":200,"instance":"p1"}

            """);

        var (arrivals, load) = ReadAll(file.Path);

        Assert.Equal([0.5, 0.25], arrivals.Select(arrival => TimeSpan.FromTicks(arrival.Duration).TotalSeconds));
        Assert.Equal(["lines of a log of something else than requests, left out: 1 (first in line 2)"], load.Repairs.All);
    }

    [Fact]
    public void A_few_broken_lines_are_left_out_and_counted_and_many_are_refused()
    {
        const string Whole = "{\"time\":1,\"function\":\"f\",\"duration\":1}\n";
        const string Broken = "{\"time\":1,\"func\n";
        using var few = new TemporaryFile(Whole + Repeat(Broken, 10) + Whole);

        var (arrivals, load) = ReadAll(few.Path);

        Assert.Equal(2, arrivals.Count);
        Assert.Equal(["lines that are no JSON, left out: 10 (first in line 2)"], load.Repairs.All);

        using var many = new TemporaryFile(Whole + Repeat(Broken, 11) + Whole);
        Assert.Contains("line 12: it is no JSON", Assert.Throws<TraceException>(() => ReadAll(many.Path)).Message, StringComparison.Ordinal);

        using var inALongOne = new TemporaryFile(Repeat(Whole, 20_000) + Repeat(Broken, 20) + Whole);
        Assert.Equal(20_001, ReadAll(inALongOne.Path).Arrivals.Count);
    }

    [Theory]
    [InlineData("{\"time\":1,\"function\":\"f\",\"duration\":99999999999,\"held\":99}\n{\"time\":2,\"function\":\"f\",\"duration\":1,\"held\":0}\n")]
    [InlineData("time_frontend,funcName,podID,userID,totalCost_frontend\n1,296,p-1,224,1e300\n2,296,p-1,224,1\n")]
    public void A_duration_that_cannot_be_meant_is_taken_as_a_day_and_counted(string text)
    {
        using var file = new TemporaryFile(text);

        var (arrivals, load) = ReadAll(file.Path);

        Assert.Equal([TimeSpan.TicksPerDay, TimeSpan.TicksPerSecond], arrivals.Select(arrival => arrival.Duration));
        Assert.StartsWith("durations longer than 24 h, taken as that: 1", Assert.Single(load.Repairs.All), StringComparison.Ordinal);
    }

    [Fact]
    public void Hours_of_more_pods_than_there_are_do_not_wrap()
    {
        var hours = new PodHours();
        hours.Change(0, int.MaxValue, int.MaxValue, int.MaxValue);
        hours.Stop(366 * TimeSpan.TicksPerDay);

        const double Expected = int.MaxValue * 366.0 * 24;
        Assert.All([hours.StartingHours, hours.WarmHours, hours.BoundHours], reckoned => Assert.Equal(Expected, reckoned, Expected * 1e-9));
    }

    [Fact]
    public void An_access_log_is_in_order_by_when_its_requests_came_or_by_when_they_ended_but_not_with_the_newest_first()
    {
        // As a router writes it, requests of half an hour among those of a second; as sort(1) leaves it; and turned round.
        var requests = Enumerable.Range(0, 1000).Select(i => (Came: 7200 + i * 10, Took: i % 20 == 0 ? 1800 : 1)).ToArray();
        using var asWritten = Log(requests.OrderBy(request => request.Came + request.Took));
        using var sorted = Log(requests);
        using var turned = Log(requests.Reverse());

        Assert.Equal(1000, ReadAll(asWritten.Path).Arrivals.Count);
        Assert.Equal(requests.Select(request => request.Came - 7200L), ReadAll(sorted.Path).Arrivals.Select(arrival => arrival.At / TimeSpan.TicksPerSecond));
        Assert.Contains("oldest first", Assert.Throws<TraceException>(() => ReadAll(turned.Path)).Message, StringComparison.Ordinal);

        static TemporaryFile Log(IEnumerable<(int Came, int Took)> requests) => new(string.Concat(requests.Select(
            request => FormattableString.Invariant($"{{\"time\":{request.Came},\"function\":\"f\",\"duration\":{request.Took},\"held\":0}}\n"))));
    }

    [Theory]
    [InlineData("{\"time\":1}", "line 1: it has no 'function'; it has time")]
    [InlineData("{\"time\":\"noon\",\"function\":\"f\"}", "line 1: 'time' is \"noon\"")]
    [InlineData("{\"time\":1,\n{\"time\":2,", "line 2: it is no JSON")]
    [InlineData("{\"time\":1,\"function\":\"f\"}\n[1]", "line 2: it is no JSON object")]
    [InlineData("{\"time\":-9e10,\"function\":\"f\"}", "line 1: 'time' is -9e10, which is neither ISO 8601 nor seconds since 1970")]
    [InlineData("{\"time\":1,\"function\":7}", "line 1: 'function' is 7")]
    [InlineData("{\"time\":1,\"function\":\"f\",\"duration\":\"1s\"}", "line 1: 'duration' is \"1s\"")]
    public void A_line_that_is_none_is_refused_with_its_number(string text, string reason)
    {
        using var file = new TemporaryFile(text);

        Assert.Contains(reason, Assert.Throws<TraceException>(() => ReadAll(file.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_of_no_known_trace_says_what_there_is_and_what_there_could_be()
    {
        using var file = new TemporaryFile("a,b\n1,2\n");

        Assert.Contains("(a, b): azure2019 has HashOwner", Assert.Throws<TraceException>(() => TraceFormat.Of(file.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_Prometheus_counted_comes_in_its_minutes_and_parts_add_up()
    {
        var begin = new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
        var first = begin.ToUnixTimeSeconds();
        List<string> asked = [];
        HttpResponseMessage Answer(HttpRequestMessage request)
        {
            asked.Add(request.RequestUri!.ToString());
            var values = asked.Count == 1
                ? FormattableString.Invariant($"[[{first + 60},\"1.5\"],[{first + 120},\"1.5\"],[{first + 3600},\"NaN\"]]")
                : FormattableString.Invariant($"[[{first + 3660},\"2\"]]");
            return Json($$$"""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"function":"shop/hello"},"values":{{{values}}}}]}}""");
        }

        var (arrivals, load) = ReadAll(new Prometheus(new Uri("http://prometheus/"), "q", begin, 62, Tenth, 1, () => new Stub(Answer)));

        Assert.Equal([0, 1, 1, 60, 60], arrivals.Select(arrival => arrival.At / TimeSpan.TicksPerMinute));
        Assert.Equal(["shop/hello"], load.Functions);
        Assert.Equal(62 * TimeSpan.TicksPerMinute, load.End);
        Assert.Equal([$"start={first + 60}&end={first + 3600}", $"start={first + 3660}&end={first + 3720}"], asked.Select(url => url[url.IndexOf("start", StringComparison.Ordinal)..].Replace("&step=60", "", StringComparison.Ordinal)));
        Assert.Equal(
            ["minutes without any sample, taken as without a request: 58 (in all)", "samples that are no number of requests, taken as none: 1 (in all)"], load.Repairs.All);
    }

    [Theory]
    [InlineData("""{"status":"error","error":"parse error"}""", "parse error")]
    [InlineData("<html>", "no answer of Prometheus")]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[]}}""", "no matrix")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[]}}""", "has no sample of 'q' in 10 minutes from 2024-01-01 00:00 UTC")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":[[1,"1"]]}]}}""", "has no label 'function', but job: the query must keep it, as in sum by (function)")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"function":"f"},"histograms":[]}]}}""", "has no values; if it is a native histogram")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"function":"f"},"values":[["x",1]]}]}}""", "something else than numbers")]
    public void What_is_no_answer_of_Prometheus_says_so(string answer, string reason)
    {
        var source = new Prometheus(new Uri("http://prometheus/"), "q", RowLoad.NoDate, 10, Tenth, 1, () => new Stub(_ => Json(answer)));

        Assert.Contains(reason, Assert.Throws<TraceException>(() => ReadAll(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_without_a_series_says_why_the_usual_query_may_have_none()
    {
        var source = new Prometheus(
            new Uri("http://prometheus/"), Prometheus.ForwardedRequests, RowLoad.NoDate, 90, Tenth, 1, () => new Stub(_ => Json("""{"status":"success","data":{"resultType":"matrix","result":[]}}""")));

        Assert.Contains("scraped more often than every 30 s", Assert.Throws<TraceException>(() => ReadAll(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_in_the_address_are_sent_and_the_password_is_never_shown()
    {
        HttpRequestMessage? asked = null;
        var source = new Prometheus(new Uri("http://us%40er:s3cret%3A@prometheus:9090/prom/"), "q", RowLoad.NoDate, 10, Tenth, 1, () => new Stub(request =>
        {
            asked = request;
            return Json("<html>");
        }));

        var message = Assert.Throws<TraceException>(() => ReadAll(source)).Message;

        Assert.Equal("Basic " + Convert.ToBase64String("us@er:s3cret:"u8), asked!.Headers.Authorization!.ToString());
        Assert.StartsWith("http://prometheus:9090/prom/api/v1/query_range?", asked.RequestUri!.ToString(), StringComparison.Ordinal);
        Assert.All([message, source.Description], text => Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal));
        Assert.Contains(":***@prometheus:9090/prom/", source.Description, StringComparison.Ordinal);
    }

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static HttpResponseMessage Json(string text) => new(HttpStatusCode.OK) { Content = new StringContent(text) };

    private static (List<Arrival> Arrivals, ILoad Load) ReadAll(string path) => ReadAll(TraceFormat.Open(TraceFormat.Of(path), [path], Tenth, 1));

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

    private sealed class Stub(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
