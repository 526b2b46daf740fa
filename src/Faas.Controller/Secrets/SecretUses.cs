using Faas.Contracts.Functions;
using Faas.Events;
using Faas.Events.Brokers;
using Faas.Storage;

namespace Faas.Controller.Secrets;

/// <summary>What names secrets: the triggers of functions.</summary>
internal static class SecretUses
{
    /// <summary>The id of a trigger that names the secret; null when none does.</summary>
    public static string? TriggerOf(string name, IEnumerable<FunctionSpec> functions) => (
        from function in functions
        from trigger in function.Triggers ?? []
        where TriggerNames.SecretsOf(trigger).Contains(name)
        orderby TriggerNames.IdOf(function.Name, trigger)
        select TriggerNames.IdOf(function.Name, trigger)).FirstOrDefault();

    /// <summary>What a function's triggers name and there is not, or cannot be read, beginning with the field; null when all of it is there.</summary>
    public static async Task<string?> ProblemOfAsync(FunctionSpec function, ISecrets secrets, CancellationToken ct)
    {
        foreach (var (index, trigger) in (function.Triggers ?? []).Index())
        {
            foreach (var name in TriggerNames.SecretsOf(trigger))
            {
                if (await ProblemOfAsync(name, secrets, ct) is { } problem)
                {
                    return $"triggers[{index}]: {problem}";
                }
            }
        }

        return null;
    }

    private static async Task<string?> ProblemOfAsync(string name, ISecrets secrets, CancellationToken ct)
    {
        try
        {
            return await secrets.FindAsync(name, ct) is null ? SecretTexts.Missing(name) : null;
        }
        catch (StoreException exception) when (exception.Failure is StoreFailure.WrongKey or StoreFailure.Damaged)
        {
            return exception.Message;
        }
    }
}
