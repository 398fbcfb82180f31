using System.Globalization;

namespace PodPool.Manager;

/// <summary>One manager a state folder: held from its start until its process ends, however it does.</summary>
internal sealed class StateLock : IDisposable
{
    private const string OwnerFile = "manager.pid";

    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

    /// <summary>Makes the folder if it is not there, and takes it.</summary>
    /// <exception cref="ManagerOptionsException">Another manager has it, or it cannot be used.</exception>
    public static StateLock Take(string folder)
    {
        var path = Path.Combine(folder, "manager.lock");
        try
        {
            MakePrivate(folder);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

            // In a file of its own: nobody can read one that is locked.
            File.WriteAllText(Path.Combine(folder, OwnerFile), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new(file);
        }
        catch (IOException exception)
        {
            throw new ManagerOptionsException(File.Exists(path)
                ? $"the state folder '{folder}' is in use by another manager, process {OwnerOf(folder)}: stop that one, or name another folder"
                : $"the state folder '{folder}' cannot be used: {exception.Message}");
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ManagerOptionsException($"the state folder '{folder}' cannot be used: {exception.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string OwnerOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, OwnerFile));
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
