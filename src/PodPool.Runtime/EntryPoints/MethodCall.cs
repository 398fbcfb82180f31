namespace PodPool.Runtime.EntryPoints;

/// <summary>A bound method: one typed delegate, and where each argument comes from. Up to four parameters, as no method has more kinds.</summary>
internal abstract class MethodCall<TResult>
{
    public abstract TResult Invoke(Invocation invocation);
}

/// <summary>What a method without a result returns.</summary>
internal readonly struct Nothing;

internal sealed class Call<TResult>(Func<TResult> method) : MethodCall<TResult>
{
    public override TResult Invoke(Invocation invocation) => method();
}

internal sealed class Call<T1, TResult>(Func<T1, TResult> method, Parameter<T1> first) : MethodCall<TResult>
{
    public override TResult Invoke(Invocation invocation) => method(first.Get(invocation));
}

internal sealed class Call<T1, T2, TResult>(Func<T1, T2, TResult> method, Parameter<T1> first, Parameter<T2> second) : MethodCall<TResult>
{
    public override TResult Invoke(Invocation invocation) => method(first.Get(invocation), second.Get(invocation));
}

internal sealed class Call<T1, T2, T3, TResult>(
    Func<T1, T2, T3, TResult> method, Parameter<T1> first, Parameter<T2> second, Parameter<T3> third) : MethodCall<TResult>
{
    public override TResult Invoke(Invocation invocation) => method(first.Get(invocation), second.Get(invocation), third.Get(invocation));
}

internal sealed class Call<T1, T2, T3, T4, TResult>(
    Func<T1, T2, T3, T4, TResult> method, Parameter<T1> first, Parameter<T2> second, Parameter<T3> third, Parameter<T4> fourth) : MethodCall<TResult>
{
    public override TResult Invoke(Invocation invocation)
        => method(first.Get(invocation), second.Get(invocation), third.Get(invocation), fourth.Get(invocation));
}

internal sealed class VoidCall(Action method) : MethodCall<Nothing>
{
    public override Nothing Invoke(Invocation invocation)
    {
        method();
        return default;
    }
}

internal sealed class VoidCall<T1>(Action<T1> method, Parameter<T1> first) : MethodCall<Nothing>
{
    public override Nothing Invoke(Invocation invocation)
    {
        method(first.Get(invocation));
        return default;
    }
}

internal sealed class VoidCall<T1, T2>(Action<T1, T2> method, Parameter<T1> first, Parameter<T2> second) : MethodCall<Nothing>
{
    public override Nothing Invoke(Invocation invocation)
    {
        method(first.Get(invocation), second.Get(invocation));
        return default;
    }
}

internal sealed class VoidCall<T1, T2, T3>(
    Action<T1, T2, T3> method, Parameter<T1> first, Parameter<T2> second, Parameter<T3> third) : MethodCall<Nothing>
{
    public override Nothing Invoke(Invocation invocation)
    {
        method(first.Get(invocation), second.Get(invocation), third.Get(invocation));
        return default;
    }
}

internal sealed class VoidCall<T1, T2, T3, T4>(
    Action<T1, T2, T3, T4> method, Parameter<T1> first, Parameter<T2> second, Parameter<T3> third, Parameter<T4> fourth) : MethodCall<Nothing>
{
    public override Nothing Invoke(Invocation invocation)
    {
        method(first.Get(invocation), second.Get(invocation), third.Get(invocation), fourth.Get(invocation));
        return default;
    }
}
