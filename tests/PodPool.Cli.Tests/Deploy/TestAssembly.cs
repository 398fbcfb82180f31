using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.Versioning;

namespace PodPool.Cli.Tests.Deploy;

/// <summary>Makes real assemblies of any kind, faster than a compiler would.</summary>
internal sealed class TestAssembly
{
    private readonly PersistedAssemblyBuilder _assembly;
    private readonly ModuleBuilder _module;

    public TestAssembly(string name, string framework = ".NETCoreApp,Version=v10.0")
    {
        _assembly = new(new AssemblyName(name) { Version = new(1, 0, 0, 0) }, typeof(object).Assembly);
        _assembly.SetCustomAttribute(new CustomAttributeBuilder(typeof(TargetFrameworkAttribute).GetConstructor([typeof(string)])!, [framework]));
        _module = _assembly.DefineDynamicModule(name);
        Name = name;
    }

    public string Name { get; }

    /// <summary>A public class with a public method <c>string Answer(string)</c>.</summary>
    public TestAssembly WithFunction(string type, Type? refersTo = null)
    {
        var builder = _module.DefineType(type, TypeAttributes.Public | TypeAttributes.Class);
        if (refersTo is not null)
        {
            builder.DefineField("_other", refersTo, FieldAttributes.Private);
        }

        var method = builder.DefineMethod("Answer", MethodAttributes.Public, typeof(string), [typeof(string)]);
        method.DefineParameter(1, ParameterAttributes.None, "input");
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ret);
        builder.CreateType();
        return this;
    }

    /// <summary>A public class with a method that is not public.</summary>
    public TestAssembly WithHiddenMethod(string type)
    {
        var builder = _module.DefineType(type, TypeAttributes.Public | TypeAttributes.Class);
        var il = builder.DefineMethod("Answer", MethodAttributes.Assembly, typeof(void), []).GetILGenerator();
        il.Emit(OpCodes.Ret);
        builder.CreateType();
        return this;
    }

    public void WriteTo(string folder, Machine machine = Machine.Unknown)
    {
        var metadata = _assembly.GenerateMetadata(out var il, out var fields);
        var headers = new PEHeaderBuilder(machine, imageCharacteristics: Characteristics.Dll | Characteristics.ExecutableImage);
        var image = new ManagedPEBuilder(headers, new MetadataRootBuilder(metadata), il, fields);
        var blob = new BlobBuilder();
        image.Serialize(blob);
        using var file = File.Create(Path.Combine(folder, Name + ".dll"));
        blob.WriteContentTo(file);
    }
}
