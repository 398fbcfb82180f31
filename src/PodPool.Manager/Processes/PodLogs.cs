using System.Runtime.CompilerServices;
using PodPool.Core;

namespace PodPool.Manager.Processes;

/// <summary>
/// What pods wrote. A pod appends to its file itself; when that is half of what may be kept, it is copied aside and emptied. (It
/// cannot be renamed away: the pod holds it open.) Lines written between the copy and the emptying are lost.
/// </summary>
internal sealed class PodLogs(string folder, long limit, TimeSpan keep, TimeProvider time)
{
    private static readonly TimeSpan FollowEvery = TimeSpan.FromMilliseconds(200);

    public string PathOf(PodId pod)
    {
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, pod.Value + ".log");
    }

    /// <summary>Notes whose function a pod ran.</summary>
    public void NoteOwner(PodId pod, FunctionName function) => File.WriteAllText(OwnerOf(pod), function.ToString());

    /// <summary>Pods that wrote for a function, oldest first.</summary>
    public IReadOnlyList<PodId> PodsOf(FunctionName function)
        => !Directory.Exists(folder) ? [] : [..
            from owner in new DirectoryInfo(folder).EnumerateFiles("*.owner")
            where File.ReadAllText(owner.FullName) == function.ToString()
            orderby owner.LastWriteTimeUtc
            select new PodId(Path.GetFileNameWithoutExtension(owner.Name))];

    /// <summary>The last line a pod wrote; empty: none.</summary>
    public string LastLine(PodId pod)
    {
        const int Enough = 4096;
        var path = PathOf(pod);
        if (!File.Exists(path))
        {
            return "";
        }

        using var stream = Open(path);
        stream.Seek(-Math.Min(stream.Length, Enough), SeekOrigin.End);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("");
    }

    /// <summary>Lines of a pod, oldest first; when following, until it has ended.</summary>
    public async IAsyncEnumerable<string> ReadAsync(
        PodId pod, int tail, bool follow, Func<bool> hasEnded, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = PathOf(pod);
        var kept = File.Exists(OlderOf(path)) ? await File.ReadAllLinesAsync(OlderOf(path), cancellationToken).ConfigureAwait(false) : [];
        if (!File.Exists(path))
        {
            yield break;
        }

        var stream = Open(path);
        await using var closing = stream.ConfigureAwait(false);
        var lines = new LineReader(stream);
        var first = new List<string>(kept);
        first.AddRange(await lines.ReadAsync(cancellationToken).ConfigureAwait(false));
        foreach (var line in tail > 0 ? first.TakeLast(tail) : first)
        {
            yield return line;
        }

        while (follow)
        {
            // Asked first: what was written before the end is still read.
            var last = hasEnded();
            foreach (var line in await lines.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return line;
            }

            if (last)
            {
                break;
            }

            await Task.Delay(FollowEvery, time, cancellationToken).ConfigureAwait(false);
        }

        if (lines.Rest is { Length: > 0 } rest)
        {
            yield return rest;
        }
    }

    /// <summary>Keeps within the limits; called now and then.</summary>
    /// <param name="isRunning">Whether a pod still writes.</param>
    public void Trim(Func<PodId, bool> isRunning)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        var oldest = time.GetUtcNow().UtcDateTime - keep;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*.log"))
        {
            var pod = new PodId(Path.GetFileNameWithoutExtension(file.Name));
            if (file.Length > limit / 2)
            {
                File.Copy(file.FullName, OlderOf(file.FullName), overwrite: true);
                using var emptied = new FileStream(file.FullName, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                emptied.SetLength(0);
            }
            else if (file.LastWriteTimeUtc < oldest && !isRunning(pod))
            {
                file.Delete();
                File.Delete(OlderOf(file.FullName));
                File.Delete(OwnerOf(pod));
            }
        }
    }

    private static string OlderOf(string path) => path + ".1";

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    private string OwnerOf(PodId pod) => Path.Combine(folder, pod.Value + ".owner");

    /// <summary>Whole lines of a file that grows, and may be emptied meanwhile.</summary>
    private sealed class LineReader(FileStream stream)
    {
        private readonly List<byte> _line = [];

        public string Rest => System.Text.Encoding.UTF8.GetString([.. _line]);

        public async Task<List<string>> ReadAsync(CancellationToken cancellationToken)
        {
            if (stream.Length < stream.Position)
            {
                stream.Position = 0;
                _line.Clear();
            }

            var lines = new List<string>();
            var buffer = new byte[64 << 10];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                var rest = buffer.AsMemory(0, read);
                for (int end; (end = rest.Span.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..])
                {
                    _line.AddRange(rest.Span[..end]);
                    lines.Add(Rest);
                    _line.Clear();
                }

                _line.AddRange(rest.Span);
            }

            return lines;
        }
    }
}
