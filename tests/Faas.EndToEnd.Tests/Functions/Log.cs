using System;
using System.Threading.Tasks;
using Faas.Functions;

public static class Log
{
    public static async Task<string> Handle(FunctionContext context)
    {
        await Task.Yield();   // What is written after an await still belongs to this invocation.
        Console.WriteLine($"to stdout from {context.InvocationId}");
        Console.Error.WriteLine($"to stderr from {context.InvocationId}");
        return "logged";
    }
}
