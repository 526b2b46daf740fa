using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;

namespace Faas.Cli.Invoking;

/// <summary>Prints the answer to an asynchronous invocation: its id on stdout and nothing else there, so that a script can take it.</summary>
internal static class AcceptedAnswer
{
    public static void Print(VerbContext context, AcceptedInvocation accepted, bool isReplay, TimeSpan delay)
    {
        if (context.WantsJson)
        {
            Json.Print(accepted);
            return;
        }

        Terminal.Line(Text.WithoutControls(accepted.InvocationId));
        if (!Console.IsErrorRedirected)
        {
            Terminal.Note(Sentence(isReplay, delay, context.Time.GetUtcNow()) + $" `faas invocations show {accepted.InvocationId}` shows how it goes, `faas invocations wait {accepted.InvocationId}` its result.");
        }
    }

    /// <summary>On a terminal, for whoever waits for the end: the id, which stdout is not for then.</summary>
    public static void Announce(VerbContext context, AcceptedInvocation accepted, bool isReplay, TimeSpan delay)
    {
        if (!context.WantsJson && !Console.IsErrorRedirected)
        {
            Terminal.Note($"{accepted.InvocationId}: {Sentence(isReplay, delay, context.Time.GetUtcNow())}");
        }
    }

    private static string Sentence(bool isReplay, TimeSpan delay, DateTimeOffset now) =>
        isReplay ? "This is the earlier invocation with the same key."
        : delay > TimeSpan.Zero ? $"It is durable, and due {Text.Until(delay)} ({Text.Time(now + delay)})."
        : "It is durable.";
}
