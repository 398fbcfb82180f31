using Google.Protobuf;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;

namespace PodPool.Runtime.Loading;

/// <summary>
/// Records which methods and assemblies a start needs, or replays what an earlier start of the same revision recorded: another
/// processor then prepares them while the first caller's request is on its way. Without one it changes nothing.
/// </summary>
/// <remarks>The record is the runtime's own, see <see cref="System.Runtime.ProfileOptimization"/>.</remarks>
/// <param name="folder">For the record; the same all the process's life, as the runtime takes the first for good.</param>
/// <param name="time">The clock.</param>
internal sealed class StartRecorder(string folder, TimeProvider time)
{
    private const string Name = "start";

    /// <summary>After the first answer: what the first request leaves behind it belongs to the start.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Processor time from loading to the first answer below which a profile is not worth it: on two processors, replaying delays the
    /// hand-over of the instance, and a start of 20 ms becomes slower by it; one of 50 ms faster.
    /// </summary>
    private static readonly TimeSpan Worthwhile = TimeSpan.FromMilliseconds(30);

    private readonly TaskCompletionSource<ProfileResponse> _recorded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private FunctionLoadContext? _context;
    private ITimer? _timer;
    private TimeSpan _cpuBefore;
    private bool _records;
    private bool? _worthwhile;

    /// <summary>What <c>Profile</c> answers.</summary>
    public Task<ProfileResponse> Recorded => _recorded.Task;

    /// <summary>The function's assemblies are about to be loaded.</summary>
    /// <param name="context">Into this.</param>
    /// <param name="earlier">To be replayed; null: there is none.</param>
    /// <param name="record">Whether to record, if there is none.</param>
    public void Begin(FunctionLoadContext context, StartProfile? earlier, bool record)
    {
        if (earlier is null && !record)
        {
            _recorded.TrySetResult(new());
            return;
        }

        lock (_lock)
        {
            _context = context;
            _records = earlier is null;
            _cpuBefore = Environment.CpuUsage.TotalTime;
            Directory.CreateDirectory(folder);
            if (earlier is not null)
            {
                File.WriteAllBytes(FilePath, earlier.Methods.Span);
            }

            context.SetProfileOptimizationRoot(folder);
            context.StartProfileOptimization(Name);
        }

        if (earlier is not null)
        {
            // The runtime replays what is loaded. Loading runs no code of an assembly.
            _ = Task.Run(() => context.Preload(earlier.Assemblies), CancellationToken.None);
        }
    }

    /// <summary>A request was answered. Cheap, and of no effect after the first.</summary>
    public void Answered()
    {
        if (_worthwhile is not null || _context is null)
        {
            return;
        }

        lock (_lock)
        {
            if (_worthwhile is null && _context is not null)
            {
                _worthwhile = Environment.CpuUsage.TotalTime - _cpuBefore >= Worthwhile;
                _timer = time.CreateTimer(static recorder => ((StartRecorder)recorder!).End(), this, Settling, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Ends recording and replaying. Idempotent.</summary>
    public void End()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            if (_context is null)
            {
                _recorded.TrySetResult(new());
                return;
            }

            _context.StartProfileOptimization(null);
            _recorded.TrySetResult(_records && _worthwhile is { } worthwhile
                ? new() { Recorded = true, Profile = worthwhile ? Read(_context) : ByteString.Empty }
                : new());
            _context = null;
            Directory.Delete(folder, recursive: true);
        }
    }

    private string FilePath => Path.Combine(folder, Name);

    /// <summary>Nothing, if the runtime recorded nothing: it does not where there is one processor only.</summary>
    private ByteString Read(FunctionLoadContext context)
    {
        if (!File.Exists(FilePath))
        {
            return ByteString.Empty;
        }

        var profile = new StartProfile
        {
            Assemblies = { context.Assemblies.Select(assembly => assembly.GetName().Name!).Distinct() },
            Methods = UnsafeByteOperations.UnsafeWrap(File.ReadAllBytes(FilePath)),
        }.ToByteString();
        return profile.Length <= PackageLimits.MaxProfile ? profile : ByteString.Empty;
    }
}
