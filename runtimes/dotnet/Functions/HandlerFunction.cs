using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Faas.Functions;
using Faas.Runtime.DotNet.Answers;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>A loaded handler: its method, its object, and how its parameters and its result are bound.</summary>
internal sealed class HandlerFunction
{
    /// <summary>A body of unknown length takes up to three times its bytes while it grows, and then what is read from it; so a quarter of the memory.</summary>
    private const int BodyShareOfMemory = 4;

    private readonly MethodInfo _method;
    private readonly MethodInvoker _invoker;
    private readonly object? _target;
    private readonly Argument[] _arguments;
    private readonly ReturnedValue _returned;

    public HandlerFunction(SpecializeMessage spec, MethodInfo method, object? target)
    {
        Spec = spec;
        _method = method;
        _invoker = MethodInvoker.Create(method);
        _target = target;
        _arguments = Arguments.Of(method);
        _returned = ReturnedValue.Of(method.ReturnType);
        TakesStream = _arguments.Any(argument => argument is StreamArgument);
        TakesHeaders = _arguments.Any(argument => argument.NeedsHeaders);
        BodyBytesMax = Math.Max(8L, Math.Min(spec.MemoryMiB / BodyShareOfMemory, 1024)) << 20;
        ResultType = _returned.Type;
        ReturnsJson = ResultType != typeof(string) && ResultType != typeof(byte[]) && ResultType != typeof(HttpResult)
            && !typeof(Stream).IsAssignableFrom(ResultType);
    }

    public SpecializeMessage Spec { get; }

    /// <summary>Whether large bodies are streamed to it.</summary>
    public bool TakesStream { get; }

    /// <summary>Whether anything looks at the headers; otherwise they are not even read.</summary>
    public bool TakesHeaders { get; }

    /// <summary>Longest body that is read whole, in bytes.</summary>
    public long BodyBytesMax { get; }

    /// <summary>The declared result, without the task around it.</summary>
    public Type ResultType { get; }

    /// <summary>Whether a null result is JSON's null rather than nothing.</summary>
    public bool ReturnsJson { get; }

    /// <summary>Does ahead what the first invocation would have to wait for: the JSON metadata of the function's types and the compilation of the handler.</summary>
    public void Anticipate()
    {
        foreach (var argument in _arguments.OfType<JsonArgument>())
        {
            JsonSerializerOptions.Web.GetTypeInfo(argument.Type);
        }

        RuntimeHelpers.PrepareMethod(_method.MethodHandle);
        if (ReturnsJson && ResultType != typeof(object) && ResultType != typeof(Nothing) && Sequence.Of(ResultType) is null)
        {
            JsonSerializerOptions.Web.GetTypeInfo(ResultType);
        }
    }

    /// <summary>Runs the handler to its end and gives what it returned; <see cref="Nothing"/> for a method that returns nothing.</summary>
    public object? Invoke(Invocation invocation)
    {
        var arguments = _arguments;
        var returned = arguments.Length switch
        {
            0 => _invoker.Invoke(_target),
            1 => _invoker.Invoke(_target, arguments[0].Bind(invocation)),
            2 => _invoker.Invoke(_target, arguments[0].Bind(invocation), arguments[1].Bind(invocation)),
            3 => _invoker.Invoke(_target, arguments[0].Bind(invocation), arguments[1].Bind(invocation), arguments[2].Bind(invocation)),
            _ => _invoker.Invoke(_target, BindAll(invocation).AsSpan()),
        };
        return _returned.Await(returned);
    }

    /// <summary>Ends the handler's object, if it wants to know.</summary>
    public void Dispose()
    {
        if (_target is IAsyncDisposable asynchronous)
        {
            asynchronous.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        else
        {
            (_target as IDisposable)?.Dispose();
        }
    }

    private object?[] BindAll(Invocation invocation) => Array.ConvertAll(_arguments, argument => argument.Bind(invocation));
}
