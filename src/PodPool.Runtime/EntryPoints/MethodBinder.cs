using System.Reflection;
using Microsoft.AspNetCore.Http;
using PodPool.Contracts.V1;
using PodPool.Functions;
using PodPool.Runtime.Life;
using PodPool.Runtime.Serving;

namespace PodPool.Runtime.EntryPoints;

/// <summary>
/// Binds a method, <c>(TIn, FunctionContext, HttpContext, CancellationToken) → TOut</c> in any order and none of them needed. The
/// generics are closed here, once; a call runs through one typed delegate.
/// </summary>
internal static class MethodBinder
{
    private static readonly Type[] Calls = [typeof(Call<>), typeof(Call<,>), typeof(Call<,,>), typeof(Call<,,,>), typeof(Call<,,,,>)];
    private static readonly Type[] VoidCalls = [typeof(VoidCall), typeof(VoidCall<>), typeof(VoidCall<,>), typeof(VoidCall<,,>), typeof(VoidCall<,,,>)];
    private static readonly Type[] Functions = [typeof(Func<>), typeof(Func<,>), typeof(Func<,,>), typeof(Func<,,,>), typeof(Func<,,,,>)];
    private static readonly Type[] Actions = [typeof(Action), typeof(Action<>), typeof(Action<,>), typeof(Action<,,>), typeof(Action<,,,>)];

    /// <summary>Whether a method has a shape that can be bound.</summary>
    /// <param name="method">The method.</param>
    /// <param name="why">What is wrong with it.</param>
    public static bool CanBind(MethodInfo method, out string why)
    {
        var parameters = method.GetParameters();
        var bodies = parameters.Where(parameter => !IsSupplied(parameter.ParameterType)).ToArray();
        why = method.IsGenericMethodDefinition ? "is generic"
            : parameters.FirstOrDefault(parameter => parameter.ParameterType.IsByRef || parameter.ParameterType.IsPointer || parameter.ParameterType.IsByRefLike) is { } odd
                ? $"has the parameter '{odd.Name}', which is passed by reference"
            : method.ReturnType.IsByRef || method.ReturnType.IsPointer || method.ReturnType.IsByRefLike ? "returns a reference"
            : bodies.Length > 1 ? $"takes {string.Join(" and ", bodies.Select(body => $"'{body.Name}'"))}; a request has one body, so put them into one type"
            : parameters.GroupBy(parameter => parameter.ParameterType).FirstOrDefault(group => group.Count() > 1) is { } twice
                ? $"takes {twice.Key.Name} twice"
            : "";
        return why.Length == 0;
    }

    /// <param name="type">The class it is called on.</param>
    /// <param name="method">One that <see cref="CanBind"/>; of the class, or of an interface it implements.</param>
    /// <param name="declared">The class's own method, which says whether a body may be missing.</param>
    /// <param name="identity">Whose code it is.</param>
    /// <returns>What makes the function and its handler.</returns>
    public static Func<FunctionServices, RequestDelegate> Bind(Type type, MethodInfo method, MethodInfo declared, FunctionIdentity identity)
    {
        var parameters = method.GetParameters();
        var types = Array.ConvertAll(parameters, parameter => parameter.ParameterType);
        var result = method.ReturnType;
        var isVoid = result == typeof(void);
        Type[] signature = isVoid ? types : [.. types, result];
        var arity = types.Length;
        var delegateType = Close((isVoid ? Actions : Functions)[arity], signature);
        var callType = Close((isVoid ? VoidCalls : Calls)[arity], signature);
        var body = Array.FindIndex(types, parameter => !IsSupplied(parameter));
        var bodyType = body < 0 ? typeof(object) : types[body];
        var handlerType = typeof(MethodHandler<,>).MakeGenericType(bodyType, isVoid ? typeof(Nothing) : result);
        var replyType = ReplyFor(result);
        return services =>
        {
            var bound = method.IsStatic ? method.CreateDelegate(delegateType) : method.CreateDelegate(delegateType, services.Create(type));
            object[] arguments = [bound, .. types.Select(Supply)];
            var handler = Make(
                handlerType,
                identity,
                body < 0 ? null : Make(typeof(JsonBody<>).MakeGenericType(bodyType), declared.GetParameters()[body]),
                Make(callType, arguments),
                Make(replyType));
            return handlerType.GetMethod(nameof(MethodHandler<,>.HandleAsync))!.CreateDelegate<RequestDelegate>(handler);
        };
    }

    private static Type ReplyFor(Type result)
    {
        if (result == typeof(void))
        {
            return typeof(NoReply);
        }

        if (result == typeof(Task))
        {
            return typeof(TaskReply);
        }

        if (result == typeof(ValueTask))
        {
            return typeof(ValueTaskReply);
        }

        var open = result.IsGenericType ? result.GetGenericTypeDefinition() : null;
        return open == typeof(Task<>) ? typeof(TaskJsonReply<>).MakeGenericType(result.GenericTypeArguments)
            : open == typeof(ValueTask<>) ? typeof(ValueTaskJsonReply<>).MakeGenericType(result.GenericTypeArguments)
            : typeof(JsonReply<>).MakeGenericType(result);
    }

    private static bool IsSupplied(Type type) => type == typeof(FunctionContext) || type == typeof(HttpContext) || type == typeof(CancellationToken);

    private static object Supply(Type type) => type == typeof(FunctionContext) ? new ContextParameter()
        : type == typeof(HttpContext) ? new HttpContextParameter()
        : type == typeof(CancellationToken) ? new CancellationParameter()
        : Make(typeof(BodyParameter<>).MakeGenericType(type));

    private static Type Close(Type open, Type[] arguments) => open.IsGenericTypeDefinition ? open.MakeGenericType(arguments) : open;

    private static object Make(Type type, params object?[] arguments)
        => type.GetConstructors()[0].Invoke(BindingFlags.DoNotWrapExceptions, null, arguments, null);
}
