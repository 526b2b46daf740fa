namespace Faas.Runtime.DotNet.Answers;

/// <summary>What a handler returned that returns nothing: void, Task, ValueTask.</summary>
internal sealed class Nothing
{
    public static Nothing Value { get; } = new();
}
