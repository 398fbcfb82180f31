using System.Text.Json;
using PodPool.Core;

namespace PodPool.Manager.Processes;

/// <summary>What is known of a pod's process, for the next manager.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Process">Its process; 0: about to be started.</param>
/// <param name="ProcessStart">When that started, see <see cref="ProcessTable.StartOf"/>.</param>
/// <param name="MemoryBytes">What it may use; 0: no limit.</param>
internal sealed record PodRecord(string Pod, string Pool, int Process, long ProcessStart, long MemoryBytes)
{
    public bool IsAlive => Process != 0 && ProcessTable.StartOf(Process) == ProcessStart;
}

/// <summary>The records on disk: one small file a pod, replaced whole.</summary>
internal sealed class PodRecords(string folder)
{
    public void Write(PodRecord record)
    {
        var path = PathOf(new(record.Pod));
        File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(record));
        File.Move(path + ".tmp", path, overwrite: true);
    }

    public void Remove(PodId pod) => File.Delete(PathOf(pod));

    /// <summary>All that can be read. What cannot be (the machine went down while it was written) tells of no process that lives.</summary>
    public IReadOnlyList<PodRecord> ReadAll()
    {
        Directory.CreateDirectory(folder);
        var records = new List<PodRecord>();
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            try
            {
                if (path.EndsWith(".json", StringComparison.Ordinal) && JsonSerializer.Deserialize<PodRecord>(File.ReadAllBytes(path)) is { Pod.Length: > 0 } record)
                {
                    records.Add(record);
                    continue;
                }
            }
            catch (JsonException)
            {
                // Removed below; if a process belongs to it after all, it is found by its environment.
            }

            File.Delete(path);
        }

        return records;
    }

    private string PathOf(PodId pod) => Path.Combine(folder, pod.Value + ".json");
}
