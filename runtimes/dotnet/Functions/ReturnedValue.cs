using Faas.Runtime.DotNet.Answers;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>
/// Takes the value out of what a method returned, waiting for it on the connection's own thread, which has nothing else to do. Generic over
/// the value, so that reference types share code that is compiled already; found once per function.
/// </summary>
internal abstract class ReturnedValue(Type type)
{
    /// <summary>The value's declared type; <see cref="Nothing"/> for none.</summary>
    public Type Type { get; } = type;

    public abstract object? Await(object? returned);

    public static ReturnedValue Of(Type declared)
    {
        if (declared == typeof(void))
        {
            return new OfVoid();
        }

        if (declared == typeof(Task) || declared == typeof(ValueTask))
        {
            return new OfTask();
        }

        if (declared.IsGenericType && declared.GetGenericTypeDefinition() is var generic && (generic == typeof(Task<>) || generic == typeof(ValueTask<>)))
        {
            var kind = generic == typeof(Task<>) ? typeof(OfTask<>) : typeof(OfValueTask<>);
            return (ReturnedValue)Activator.CreateInstance(kind.MakeGenericType(declared.GetGenericArguments()))!;
        }

        return new Itself(declared);
    }

    private sealed class OfVoid() : ReturnedValue(typeof(Nothing))
    {
        public override object? Await(object? returned) => Nothing.Value;
    }

    private sealed class Itself(Type type) : ReturnedValue(type)
    {
        public override object? Await(object? returned) => returned;
    }

    private sealed class OfTask() : ReturnedValue(typeof(Nothing))
    {
        public override object? Await(object? returned)
        {
            var task = returned is ValueTask valueTask ? valueTask.AsTask() : Started((Task?)returned);
            task.GetAwaiter().GetResult();
            return Nothing.Value;
        }
    }

    private sealed class OfTask<T>() : ReturnedValue(typeof(T))
    {
        public override object? Await(object? returned) => ((Task<T>)Started((Task?)returned)).GetAwaiter().GetResult();
    }

    private sealed class OfValueTask<T>() : ReturnedValue(typeof(T))
    {
        public override object? Await(object? returned) => ((ValueTask<T>)returned!).AsTask().GetAwaiter().GetResult();
    }

    private static Task Started(Task? task) => task ?? throw new InvalidResultException("the handler returned null where it promised a Task");
}
