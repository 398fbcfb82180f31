using System.Runtime.InteropServices;
using System.Text.Json;
using PodPool.Contracts.V1;

namespace PodPool.Packaging;

/// <summary>
/// Says before anything is uploaded or started what would keep a package from starting, as far as metadata tells. Loads and runs
/// nothing of it.
/// </summary>
public static class PackageInspector
{
    /// <summary>Inspects a package.</summary>
    /// <param name="entries">All its files.</param>
    /// <param name="entryPoint">What was asked for, see <see cref="EntryPoint"/>; empty: find the only one.</param>
    /// <param name="host">What the pods have.</param>
    public static PackageReport Inspect(IReadOnlyList<PackageEntry> entries, string entryPoint, HostPlatform host)
    {
        EntryPoint? wanted = null;
        if (entryPoint.Length > 0 && !EntryPoint.TryParse(entryPoint, out wanted, out var error))
        {
            return Failed(new(Reason.EntryPointInvalid, "", "", error));
        }

        var assemblies = new List<AssemblyImage>();
        try
        {
            assemblies.AddRange(entries.Where(IsRootAssembly).Select(AssemblyImage.TryOpen).OfType<AssemblyImage>());
            return new Inspection(entries, assemblies, host).Run(wanted);
        }
        finally
        {
            assemblies.ForEach(assembly => assembly.Dispose());
        }
    }

    /// <summary>Code is looked up in the package's root; below it are satellites and what is for other systems.</summary>
    internal static bool IsRootAssembly(PackageEntry entry)
        => !entry.Path.Contains('/', StringComparison.Ordinal) && entry.Path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);

    private static PackageReport Failed(PackageProblem problem) => new(null, null, [problem], []);

    private sealed class Inspection(IReadOnlyList<PackageEntry> entries, IReadOnlyList<AssemblyImage> assemblies, HostPlatform host)
    {
        private readonly Dictionary<string, PackageEntry> _files = entries
            .Where(entry => !entry.Path.Contains('/', StringComparison.Ordinal))
            .GroupBy(entry => entry.Path, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.OrdinalIgnoreCase);

        private readonly Dictionary<string, AssemblyImage> _assemblies = assemblies
            .GroupBy(assembly => assembly.Name, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.OrdinalIgnoreCase);

        private readonly List<PackageProblem> _problems = [];

        public PackageReport Run(EntryPoint? wanted)
        {
            var finder = new EntryPointFinder(new(assemblies));
            var entry = FindEntryAssembly(wanted?.Assembly, finder);
            if (entry is null)
            {
                return new(null, null, _problems, []);
            }

            // 1. What the whole is built for.
            CheckTargetFramework(entry);
            CheckRuntimeConfig(entry);
            foreach (var assembly in assemblies)
            {
                if (assembly.ForeignMachine(host) is { } machine)
                {
                    Add(Reason.ArchitectureMismatch, assembly.Path, $"'{assembly.Path}' is built for {machine}; the pods run {host.RuntimeIdentifier}: publish for that, or for any platform");
                }
            }

            // 2. Whether everything it needs is there.
            var dependencies = ReadDependencies(entry);
            CheckListed(dependencies);
            CheckReferences(entry, beyondEntry: dependencies is null);
            CheckShared();

            // 3. What is to be run.
            var (entryPoint, kind, problem) = finder.Find(entry, wanted ?? new(entry.Name));
            if (problem is not null)
            {
                _problems.Add(problem);
            }

            var slow = assemblies.Where(assembly => !assembly.IsReadyToRun && !host.Shares(assembly.Name)).Select(assembly => assembly.Path);
            return new(entryPoint, kind, _problems, [.. slow]);
        }

        private AssemblyImage? FindEntryAssembly(string? name, EntryPointFinder finder)
        {
            if (name is not null)
            {
                if (_assemblies.TryGetValue(name, out var named))
                {
                    return named;
                }

                if (_files.ContainsKey(name + ".dll"))
                {
                    Add(Reason.AssemblyInvalid, name + ".dll", $"'{name}.dll' is no .NET assembly");
                }
                else
                {
                    Add(Reason.EntryPointNotFound, name + ".dll", $"the package has no '{name}.dll'{Hint(CandidateAssemblies(finder))}");
                }

                return null;
            }

            var candidates = CandidateAssemblies(finder);
            if (candidates.Count == 1)
            {
                return candidates[0];
            }

            var reason = candidates.Count == 0 ? Reason.EntryPointNotFound : Reason.EntryPointAmbiguous;
            var broken = entries.FirstOrDefault(entry => IsRootAssembly(entry) && _files.ContainsKey(Path.ChangeExtension(entry.Path, ".deps.json")));
            if (assemblies.Count == 0)
            {
                if (broken is not null)
                {
                    Add(Reason.AssemblyInvalid, broken.Path, $"'{broken.Path}' is no .NET assembly");
                }
                else
                {
                    Add(Reason.PackageInvalid, "", "the package holds no .NET assembly in its root: give the folder that 'dotnet publish' leaves");
                }
            }
            else
            {
                Add(reason, "", candidates.Count == 0
                    ? "no assembly of the package holds a function: name the entry point"
                    : $"the package has {candidates.Count} assemblies that could be meant ({Listed(candidates)}): name the entry point, e.g. '{candidates[0].Name}'");
            }

            return null;
        }

        /// <summary>
        /// What a publish is about has a .deps.json of its name; without any, what no other refers to; and only if that does not
        /// decide it, what holds a function.
        /// </summary>
        private List<AssemblyImage> CandidateAssemblies(EntryPointFinder finder)
        {
            var own = assemblies.Where(assembly => !host.Shares(assembly.Name)).ToList();
            var published = own.Where(assembly => _files.ContainsKey(assembly.Name + ".deps.json")).ToList();
            var candidates = published.Count > 0 ? published : own;
            if (candidates.Count > 1)
            {
                var referenced = candidates.SelectMany(assembly => assembly.References).Select(reference => reference.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
                var roots = candidates.Where(assembly => !referenced.Contains(assembly.Name)).ToList();
                candidates = roots.Count > 0 ? roots : candidates;
            }

            if (candidates.Count > 1)
            {
                var functions = candidates.Where(finder.HasCandidate).ToList();
                candidates = functions.Count > 0 ? functions : candidates;
            }

            return candidates;
        }

        private void CheckTargetFramework(AssemblyImage entry)
        {
            if (entry.TargetFramework is not { } framework)
            {
                return;
            }

            var comma = framework.IndexOf(",Version=v", StringComparison.Ordinal);
            var name = comma < 0 ? framework : framework[..comma];
            var known = name is ".NETCoreApp" or ".NETStandard";
            var version = comma > 0 && Version.TryParse(framework[(comma + ",Version=v".Length)..], out var parsed) ? parsed : null;
            var own = new Version(host.Runtime.Major, host.Runtime.Minor);
            if (!known)
            {
                Add(Reason.RuntimeMismatch, entry.Path, $"'{entry.Path}' is built for {framework}; the pods run .NET {own}: set <TargetFramework>net{own}</TargetFramework>");
            }
            else if (name == ".NETCoreApp" && version > own)
            {
                Add(Reason.RuntimeMismatch, entry.Path, $"'{entry.Path}' is built for .NET {version}; the pods run .NET {own}: set <TargetFramework>net{own}</TargetFramework>");
            }
        }

        private void CheckRuntimeConfig(AssemblyImage entry)
        {
            var path = entry.Name + ".runtimeconfig.json";
            if (Read(path, RuntimeConfigFile.Read) is not { } config)
            {
                return;
            }

            if (config.BringsRuntime)
            {
                AddSelfContained(path);
            }

            foreach (var (name, version) in config.Frameworks)
            {
                if (!HostPlatform.Frameworks.Contains(name))
                {
                    Add(Reason.RuntimeMismatch, path, $"'{path}' asks for the shared framework {name}; the pods have {string.Join(" and ", HostPlatform.Frameworks)}");
                }
                else if (version > host.Runtime && _problems.All(problem => problem.Reason != Reason.RuntimeMismatch))
                {
                    Add(Reason.RuntimeMismatch, path, $"'{path}' asks for {name} {version}; the pods run .NET {host.Runtime}: build for that or older, or update the pods' runtime");
                }
            }
        }

        private DependencyFile? ReadDependencies(AssemblyImage entry)
        {
            var path = entry.Name + ".deps.json";
            var dependencies = Read(path, DependencyFile.Read);
            if (dependencies?.BringsRuntime == true)
            {
                AddSelfContained(path);
            }

            if (dependencies?.RuntimeIdentifier is { } identifier && !IsForHost(identifier))
            {
                Add(Reason.ArchitectureMismatch, path, $"the package was published for {identifier}; the pods run {host.RuntimeIdentifier}: publish for that, or for any platform");
            }

            return dependencies;
        }

        /// <summary>A distribution's identifier (<c>debian.12-x64</c>) or <c>linux-musl-x64</c> may fit: only what surely does not is refused.</summary>
        private bool IsForHost(string identifier)
        {
            var foreignProcessor = Enum.GetNames<Architecture>().Any(name => identifier.EndsWith("-" + name, StringComparison.OrdinalIgnoreCase))
                && !identifier.EndsWith("-" + host.Architecture, StringComparison.OrdinalIgnoreCase);
            var foreignSystem = ((string[])["win", "linux", "osx"])
                .Any(system => system != host.System && identifier.StartsWith(system, StringComparison.OrdinalIgnoreCase));
            return !foreignProcessor && !foreignSystem;
        }

        private void CheckListed(DependencyFile? dependencies)
        {
            foreach (var (file, library) in dependencies?.Assemblies ?? [])
            {
                var name = Path.GetFileNameWithoutExtension(file);
                if (!_files.ContainsKey(file) && !host.Shares(name))
                {
                    Add(Reason.AssemblyMissing, file, $"the package lacks '{file}' of {library}, which its .deps.json lists: give the whole folder that 'dotnet publish' leaves");
                }
            }
        }

        /// <summary>
        /// Libraries often refer to assemblies they never load, and the .deps.json says what belongs to a package; so with one only
        /// the entry assembly's own references are held against it.
        /// </summary>
        private void CheckReferences(AssemblyImage entry, bool beyondEntry)
        {
            var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { entry.Name };
            var left = new Queue<AssemblyImage>([entry]);
            while (left.TryDequeue(out var assembly))
            {
                foreach (var (name, _) in assembly.References.Where(reference => !host.Shares(reference.Name) && seen.Add(reference.Name)))
                {
                    if (_assemblies.TryGetValue(name, out var found))
                    {
                        if (beyondEntry)
                        {
                            left.Enqueue(found);
                        }
                    }
                    else if (_files.ContainsKey(name + ".dll"))
                    {
                        Add(Reason.AssemblyInvalid, name + ".dll", $"'{name}.dll', which '{assembly.Path}' refers to, is no .NET assembly");
                    }
                    else if (_problems.All(problem => problem.File != name + ".dll"))
                    {
                        Add(Reason.AssemblyMissing, name + ".dll", $"'{assembly.Path}' refers to '{name}', which is neither in the package nor shared by the host: give the whole folder that 'dotnet publish' leaves");
                    }
                }
            }
        }

        private void CheckShared()
        {
            foreach (var assembly in assemblies.Where(assembly => host.Shares(assembly.Name)))
            {
                if (host.VersionOf(assembly.Name) is { } own && assembly.Version > own)
                {
                    Add(Reason.SharedAssemblyTooNew, assembly.Path,
                        $"the package brings '{assembly.Path}' {assembly.Version}, but the host shares its own {own}: reference {own.ToString(3)} or older");
                }
            }

            foreach (var assembly in assemblies.Where(assembly => !host.Shares(assembly.Name)))
            {
                foreach (var (name, version) in assembly.References)
                {
                    if (host.Shares(name) && host.VersionOf(name) is { } own && version > own && _problems.All(problem => problem.File != name + ".dll"))
                    {
                        Add(Reason.SharedAssemblyTooNew, assembly.Path,
                            $"'{assembly.Path}' is built against '{name}' {version}, but the host shares {own}: reference {own.ToString(3)} or older");
                    }
                }
            }
        }

        private void AddSelfContained(string path)
        {
            if (_problems.All(problem => problem.Reason != Reason.PackageInvalid))
            {
                Add(Reason.PackageInvalid, path, $"'{path}' says that the package brings its own .NET; the pods have it already: publish with '--self-contained false'");
            }
        }

        private T? Read<T>(string path, Func<Stream, T> read)
            where T : class
        {
            if (!_files.TryGetValue(path, out var entry))
            {
                return null;
            }

            try
            {
                using var stream = entry.Open();
                return read(stream);
            }
            catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                Add(Reason.PackageInvalid, path, $"'{path}' cannot be read: {exception.Message}");
                return null;
            }
        }

        private void Add(Reason reason, string file, string message) => _problems.Add(new(reason, file, "", message));

        private static string Listed(IEnumerable<AssemblyImage> images) => string.Join(", ", images.Take(5).Select(assembly => $"'{assembly.Path}'"));

        private static string Hint(IEnumerable<AssemblyImage> candidates) => Listed(candidates) is { Length: > 0 } list ? $"; it has {list}" : "";
    }
}
