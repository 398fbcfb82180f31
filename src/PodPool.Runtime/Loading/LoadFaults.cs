using System.Reflection;
using PodPool.Contracts.V1;
using PodPool.Runtime.Life;

namespace PodPool.Runtime.Loading;

/// <summary>Says what an exception from loading or starting a function means.</summary>
internal static class LoadFaults
{
    /// <param name="exception">What was thrown.</param>
    /// <param name="entryPoint">As it was asked for.</param>
    /// <param name="otherwise">The reason when it is no fault of loading.</param>
    public static RefusalException Explain(Exception exception, string entryPoint, Reason otherwise)
    {
        if (exception is RefusalException refusal)
        {
            return refusal;
        }

        var root = RootOf(exception);
        return root switch
        {
            RefusalException inner => inner,
            FileNotFoundException missing when AssemblyOf(missing.FileName) is { } name => Missing(missing, name, entryPoint),
            FileLoadException failed when AssemblyOf(failed.FileName) is { } name && SharedAssemblies.IsShared(name.Name!) => TooNew(failed, name),
            BadImageFormatException bad => new(
                Reason.AssemblyInvalid,
                $"'{Path.GetFileName(bad.FileName)}' is no assembly that this runtime can load: {bad.Message} Publish for {Runtime()}",
                exception, ("file", Path.GetFileName(bad.FileName) ?? "")),
            FileLoadException failed => new(
                Reason.AssemblyInvalid, $"'{Path.GetFileName(failed.FileName)}' cannot be loaded: {failed.Message}", exception, ("file", Path.GetFileName(failed.FileName) ?? "")),
            TypeLoadException or MissingMemberException => new(
                otherwise == Reason.Internal ? Reason.AssemblyInvalid : otherwise,
                $"{entryPoint}: {root.Message} Are all assemblies of the package from one publish?", exception),
            _ => new(otherwise, $"{entryPoint}: {root.GetType()}: {root.Message}", exception),
        };
    }

    private static Exception RootOf(Exception exception) => exception switch
    {
        ReflectionTypeLoadException { LoaderExceptions: [{ } first, ..] } => RootOf(first),
        TargetInvocationException or TypeInitializationException or AggregateException when exception.InnerException is { } inner => RootOf(inner),
        _ => exception,
    };

    private static RefusalException Missing(FileNotFoundException exception, AssemblyName name, string entryPoint)
        => SharedAssemblies.IsShared(name.Name!)
            ? TooNew(exception, name)
            : new(
                Reason.AssemblyMissing,
                $"{entryPoint} needs the assembly '{name.Name}' (version {name.Version}), which is not in the package. Deploy what 'dotnet publish' makes, whole",
                exception, ("file", name.Name + ".dll"));

    private static RefusalException TooNew(Exception exception, AssemblyName name)
        => name.Name is "System.Runtime" or "System.Private.CoreLib"
            ? new(Reason.RuntimeMismatch, $"the package is built for .NET {name.Version?.ToString(2)}, this pool runs {Runtime()}", exception)
            : new(
                Reason.SharedAssemblyTooNew,
                $"the package was built against '{name.Name}' {name.Version}; the host shares an older one. Reference the version that comes with {Runtime()}",
                exception, ("file", name.Name + ".dll"));

    private static string Runtime() => $".NET {Environment.Version} ({System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier})";

    /// <summary>Exceptions of the loader carry an assembly's display name; those of file access a path.</summary>
    private static AssemblyName? AssemblyOf(string? fileName)
        => fileName is not null && fileName.Contains(", Version=", StringComparison.Ordinal) ? new AssemblyName(fileName) : null;
}
