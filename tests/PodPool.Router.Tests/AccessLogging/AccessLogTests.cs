using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts.V1;
using PodPool.Router.AccessLogging;
using PodPool.Router.Routing;
using PodPool.Router.Tests.Peers;

namespace PodPool.Router.Tests.AccessLogging;

public sealed class AccessLogTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("podpool-");

    [Fact]
    public async Task Each_request_of_a_function_is_a_line_without_its_path_its_headers_or_its_caller()
    {
        var file = Path.Combine(_folder.FullName, "access.jsonl");
        await File.WriteAllTextAsync(file, "{\"kept\":true}\n", Platform.Cancelled);
        await using (var platform = await Platform.StartAsync(options => options.AccessLog = file))
        {
            var route = await platform.DeployAsync("hello");
            platform.StartOnAcquire(route, context =>
            {
                context.Response.StatusCode = context.Request.Path == "/teapot" ? StatusCodes.Status418ImATeapot : StatusCodes.Status200OK;
                return context.Response.WriteAsync("hello");
            });

            using var first = await platform.GetAsync("/default/hello/?token=secret");
            using var second = await platform.GetAsync("/default/hello/teapot");
            using var nobodys = await platform.GetAsync("/default/missing/");
            Assert.Equal(HttpStatusCode.NotFound, nobodys.StatusCode);
        }

        var lines = await File.ReadAllLinesAsync(file, Platform.Cancelled);
        Assert.Equal("{\"kept\":true}", lines[0]);
        Assert.Equal(3, lines.Length);
        Assert.DoesNotContain(lines, line => line.Contains("secret", StringComparison.Ordinal) || line.Contains("teapot", StringComparison.Ordinal) || line.Contains("127.0.0.1", StringComparison.Ordinal));
        JsonElement[] entries = [.. lines.Skip(1).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
        Assert.All(entries, entry => Assert.Equal(("default/hello", "GET", "hello-1-of-0"), (Text(entry, "function"), Text(entry, "method"), Text(entry, "instance"))));
        Assert.Equal(["pooled", "warm"], entries.Select(entry => Text(entry, "start")));
        Assert.Equal([200, 418], entries.Select(entry => entry.GetProperty("status").GetInt32()));
        Assert.All(entries, entry => Assert.InRange(entry.GetProperty("duration").GetDouble(), entry.GetProperty("held").GetDouble(), 60));
        Assert.True(entries[0].GetProperty("held").GetDouble() > 0);
        Assert.Equal(0, entries[1].GetProperty("held").GetDouble());
        Assert.True(entries[0].GetProperty("time").GetDateTimeOffset() <= entries[1].GetProperty("time").GetDateTimeOffset());
    }

    [Fact]
    public async Task What_is_refused_is_a_line_too()
    {
        var file = Path.Combine(_folder.FullName, "access.jsonl");
        await using (var platform = await Platform.StartAsync(options => (options.AccessLog, options.HoldTime) = (file, TimeSpan.FromMilliseconds(100))))
        {
            await platform.DeployAsync("hello");
            platform.Manager.OnAcquire = async (_, cancellationToken) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                return new();
            };
            using var late = await platform.GetAsync("/default/hello/");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
        }

        var entry = JsonSerializer.Deserialize<JsonElement>(Assert.Single(await File.ReadAllLinesAsync(file, Platform.Cancelled)));
        Assert.Equal(503, entry.GetProperty("status").GetInt32());
        Assert.False(entry.TryGetProperty("instance", out _));

        // Timers count the kernel's ticks, of 1 to 10 ms, and may be early by one.
        Assert.InRange(entry.GetProperty("held").GetDouble(), 0.085, 30);
    }

    [Fact]
    public async Task A_disk_that_is_full_loses_lines_counts_them_and_writes_again_when_it_is_not()
    {
        var clock = new FakeTimeProvider();
        await using var disk = new FullDisk { IsFull = true };
        var log = new AccessLog(disk, clock, NullLogger<AccessLog>.Instance);
        await log.StartAsync(Platform.Cancelled);

        await LoseOneAndWriteOneAsync(log, disk);

        Assert.Equal(1, log.Lost);
        Assert.Contains("\"function\":\"default/written\"", Assert.Single(disk.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_line_of_an_earlier_run_does_not_spoil_the_next()
    {
        var file = Path.Combine(_folder.FullName, "access.jsonl");
        await File.WriteAllTextAsync(file, "{\"time\":\"2026-", Platform.Cancelled);
        foreach (var function in (string[])["first", "second"])
        {
            var log = new AccessLog(AccessLog.Open(file), new FakeTimeProvider(), NullLogger<AccessLog>.Instance);
            await log.StartAsync(Platform.Cancelled);
            Note(log, function);
            await log.DisposeAsync();
        }

        var lines = await File.ReadAllLinesAsync(file, Platform.Cancelled);
        Assert.Equal("{\"time\":\"2026-", lines[0]);
        Assert.Equal(["default/first", "default/second"], lines.Skip(1).Select(line => Text(JsonSerializer.Deserialize<JsonElement>(line), "function")));
    }

    [Fact]
    public async Task Half_a_line_that_was_left_on_a_full_disk_does_not_spoil_the_next()
    {
        await using var disk = new FullDisk { IsFull = true, Fits = 5 };
        var log = new AccessLog(disk, new FakeTimeProvider(), NullLogger<AccessLog>.Instance);
        await log.StartAsync(Platform.Cancelled);

        await LoseOneAndWriteOneAsync(log, disk);

        var lines = disk.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Equal("default/written", Text(JsonSerializer.Deserialize<JsonElement>(lines[1]), "function"));
    }

    [Fact]
    public async Task A_rehearsal_is_no_line()
    {
        var file = Path.Combine(_folder.FullName, "access.jsonl");
        await using (var platform = await Platform.StartAsync(options => options.AccessLog = file))
        {
            var route = new FunctionRoute { Function = FunctionId.Rehearsal.ToWire(), Revision = "r1", Concurrency = 100, Pool = "default" };
            await platform.TellAsync(route);
            platform.StartOnAcquire(route, context => context.Response.WriteAsync("rehearsed"));
            using var rehearsed = await platform.GetAsync("/podpool/rehearsal/");
            Assert.Equal(HttpStatusCode.OK, rehearsed.StatusCode);
        }

        Assert.Empty(await File.ReadAllTextAsync(file, Platform.Cancelled));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task LoseOneAndWriteOneAsync(AccessLog log, FullDisk disk)
    {
        Note(log, "lost");
        await disk.Refused.WaitForAsync(_ => true);
        disk.IsFull = false;
        Note(log, "written");
        await log.DisposeAsync();
    }

    [Fact]
    public async Task A_disk_that_is_full_to_the_end_keeps_no_router_from_ending()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Skip("only Linux has a file that is always full");
        }

        var log = new AccessLog(AccessLog.Open("/dev/full"), new FakeTimeProvider(), NullLogger<AccessLog>.Instance);
        await log.StartAsync(Platform.Cancelled);
        Note(log, "lost");

        await log.DisposeAsync();

        Assert.Equal(1, log.Lost);
    }

    private static string Text(JsonElement entry, string name) => entry.GetProperty(name).GetString()!;

    private static void Note(AccessLog log, string function) => log.Note(new DefaultHttpContext(), new FunctionId("default", function), log.Now(), "warm", TimeSpan.Zero, null);

    private sealed class FullDisk : StringWriter
    {
        private readonly System.Text.StringBuilder _written = new();

        public bool IsFull { get; set; }

        /// <summary>Characters that fit yet.</summary>
        public int Fits { get; init; }

        public Events<bool> Refused { get; } = new();

        public string Text => _written.ToString();

        public override Task WriteAsync(string? value)
        {
            if (IsFull)
            {
                _written.Append(value.AsSpan(0, Fits));
                Refused.Add(true);
                throw new IOException("No space left on device");
            }

            _written.Append(value);
            return Task.CompletedTask;
        }
    }
}
