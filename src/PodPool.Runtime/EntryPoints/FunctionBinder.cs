using System.Reflection;
using Microsoft.AspNetCore.Http;
using PodPool.Contracts.V1;
using PodPool.Functions;
using PodPool.Runtime.Applications;
using PodPool.Runtime.Life;
using PodPool.Runtime.Logging;
using PodPool.Runtime.Serving;

namespace PodPool.Runtime.EntryPoints;

/// <summary>Finds the entry point in its assembly, says what kind it is, and binds it.</summary>
/// <remarks>
/// "Assembly" alone is: the whole application, if it has an entry point of its own (a <c>Main</c>); else the one type that implements an
/// interface of PodPool.Functions; else the one public method of the assembly that can be bound.
/// </remarks>
internal sealed class FunctionBinder(Assembly assembly, EntryPointName name, string folder, FunctionIdentity identity, JsonLogs logs, RequestGate gate)
{
    private static readonly Type[] Interfaces =
        [typeof(IHttpFunction), typeof(IFunction<,>), typeof(ICloudEventFunction), typeof(ICloudEventFunction<>)];

    private readonly string _file = name.Assembly + ".dll";

    /// <exception cref="RefusalException">ENTRY_POINT_NOT_FOUND, ENTRY_POINT_AMBIGUOUS or ENTRY_POINT_INVALID.</exception>
    public FunctionTarget Bind()
    {
        if (name.Type is null && assembly.EntryPoint is { } main)
        {
            return new ApplicationTarget(name.Assembly, main, logs, gate);
        }

        var type = name.Type is null ? FindType() : GetType(name.Type);
        RequireUsable(type);
        var interfaces = type.GetInterfaces().Where(IsFunction).ToArray();
        if (name.Method is not null && (interfaces.Length == 0 || name.Method != nameof(IHttpFunction.HandleAsync)))
        {
            return BindMethod(type, GetMethod(type, name.Method));
        }

        return interfaces switch
        {
            [] => BindMethod(type, FindMethod(type)),
            [var only] => BindInterface(type, only),
            _ => throw Refuse(
                Reason.EntryPointAmbiguous, type, $"implements {interfaces.Length} function interfaces: {string.Join(", ", interfaces.Select(Display))}. Split it into one class each"),
        };
    }

    private HandlerTarget BindInterface(Type type, Type contract)
    {
        var method = contract.GetMethods()[0];
        Func<FunctionServices, RequestDelegate> make;
        if (contract == typeof(IHttpFunction))
        {
            make = services => ((IHttpFunction)services.Create(type)).HandleAsync;
        }
        else if (contract == typeof(ICloudEventFunction))
        {
            make = services => new CloudEventHandler((ICloudEventFunction)services.Create(type)).HandleAsync;
        }
        else if (contract.GetGenericTypeDefinition() == typeof(ICloudEventFunction<>))
        {
            var handler = typeof(CloudEventHandler<>).MakeGenericType(contract.GenericTypeArguments);
            make = services => handler.GetMethod(nameof(CloudEventHandler.HandleAsync))!
                .CreateDelegate<RequestDelegate>(Activator.CreateInstance(handler, services.Create(type)));
        }
        else
        {
            make = MethodBinder.Bind(type, method, type.GetInterfaceMap(contract).TargetMethods[0], identity);
        }

        return Target(type, method.Name, make);
    }

    private HandlerTarget BindMethod(Type type, MethodInfo method)
        => MethodBinder.CanBind(method, out var why)
            ? Target(type, method.Name, MethodBinder.Bind(type, method, method, identity))
            : throw Refuse(Reason.EntryPointInvalid, type, $"{method.Name} {why}. {Shape}");

    private HandlerTarget Target(Type type, string method, Func<FunctionServices, RequestDelegate> make)
        => new($"{name.Assembly}::{type.FullName}::{method}", new FunctionServices(folder, AssemblyScan.Startup(assembly), logs), make);

    private Type FindType()
    {
        var found = AssemblyScan.Implementers(assembly, contract => Interfaces.Any(known => known.Name == contract))
            .Select(candidate => assembly.GetType(candidate, throwOnError: true)!)
            .Where(type => type is { IsAbstract: false, IsGenericTypeDefinition: false })
            .ToArray();
        if (found.Length == 0)
        {
            // Through a base class, or plain methods: only now is it worth loading every type.
            var types = assembly.GetExportedTypes().Where(type => type is { IsClass: true, IsGenericTypeDefinition: false }).ToArray();
            found = [.. types.Where(type => !type.IsAbstract && type.GetInterfaces().Any(IsFunction))];
            if (found.Length == 0)
            {
                found = [.. types.SelectMany(Methods).Select(method => method.DeclaringType!)];
            }
        }

        return found.Distinct().ToArray() switch
        {
            [] => throw new RefusalException(
                Reason.EntryPointNotFound,
                $"'{_file}' has nothing to run: no class that implements {string.Join(", ", Interfaces.Select(Display))}, no public method that could be called, and no Main. "
                + "Write one, or name another assembly",
                ("file", _file)),
            [var only] => only,
            var several => throw new RefusalException(
                Reason.EntryPointAmbiguous,
                $"'{_file}' has {several.Length} candidates: {string.Join(", ", several.Select(type => $"{name.Assembly}::{type.FullName}"))}. Say which one is the entry point",
                ("file", _file)),
        };
    }

    private Type GetType(string typeName)
    {
        if (assembly.GetType(typeName, throwOnError: false) is { } type)
        {
            return type;
        }

        var alike = assembly.GetTypes()
            .Where(candidate => string.Equals(candidate.Name, typeName.Split('.', '+')[^1], StringComparison.OrdinalIgnoreCase))
            .Select(candidate => candidate.FullName)
            .ToArray();
        throw new RefusalException(
            Reason.EntryPointNotFound,
            $"'{_file}' has no type '{typeName}'. {(alike.Length > 0 ? $"Is it {string.Join(" or ", alike)}?" : "Write its full name with the namespace, nested types with '+'")}",
            ("file", _file), ("type", typeName));
    }

    private void RequireUsable(Type type)
    {
        var why = !type.IsVisible ? "is not public"
            : type.IsGenericTypeDefinition ? "is generic"
            : !type.IsClass ? "is no class"
            : type.IsAbstract && !type.IsSealed ? "is abstract"
            : null;
        if (why is not null)
        {
            throw Refuse(Reason.EntryPointInvalid, type, $"{why}. An entry point is a public class");
        }
    }

    private MethodInfo GetMethod(Type type, string method)
    {
        const BindingFlags Any = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.FlattenHierarchy;
        var found = type.GetMember(method, MemberTypes.Method, Any).Cast<MethodInfo>().ToArray();
        return found switch
        {
            [var only] when only.IsStatic || !type.IsAbstract => only,
            [] => throw Refuse(
                Reason.EntryPointNotFound, type, $"has no public method '{method}'; it has {List(Methods(type).Select(candidate => candidate.Name))}"),
            _ => throw Refuse(
                Reason.EntryPointAmbiguous, type, $"has {found.Length} methods '{method}'. Overloads cannot be told apart by name: give the entry point a name of its own"),
        };
    }

    private MethodInfo FindMethod(Type type)
    {
        var methods = Methods(type).ToArray();
        return methods switch
        {
            [var only] => only,
            [] => throw Refuse(
                Reason.EntryPointInvalid, type, $"implements none of {string.Join(", ", Interfaces.Select(Display))} and has no public method that can be called. {Shape}"),
            _ => throw Refuse(
                Reason.EntryPointAmbiguous, type, $"has {methods.Length} public methods: {List(methods.Select(method => method.Name))}. Name one: {name.Assembly}::{type.FullName}::{methods[0].Name}"),
        };
    }

    private static IEnumerable<MethodInfo> Methods(Type type)
        => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => !method.IsSpecialName && (method.IsStatic || !type.IsAbstract)
                && method.GetBaseDefinition().DeclaringType != typeof(object) && MethodBinder.CanBind(method, out _));

    private static bool IsFunction(Type contract)
        => Array.IndexOf(Interfaces, contract.IsGenericType ? contract.GetGenericTypeDefinition() : contract) >= 0;

    private static string Display(Type type)
    {
        var plain = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{plain}<{string.Join(", ", type.GetGenericArguments().Select(argument => argument.Name))}>" : plain;
    }

    private static string List(IEnumerable<string> names) => string.Join(", ", names.Take(10)) is { Length: > 0 } list ? list : "none";

    private const string Shape = "A method takes at most one JSON body, FunctionContext, HttpContext and CancellationToken, in any order";

    private RefusalException Refuse(Reason reason, Type type, string what)
        => new(reason, $"{_file}: {type.FullName} {what}", ("file", _file), ("type", type.FullName ?? type.Name));
}
