using Faas.Contracts.Functions;

namespace Faas.Events;

/// <summary>What is deployed, for those who follow it.</summary>
public interface IDeployments
{
    /// <summary>The serving specs of all functions.</summary>
    IEnumerable<FunctionSpec> All { get; }

    /// <summary>Raised after a function was deployed or deleted, when <see cref="All"/> shows it. Handlers return at once.</summary>
    event Action<DeploymentChange>? Changed;
}

/// <summary>What has changed.</summary>
/// <param name="Function">The function.</param>
/// <param name="IsDeletion">Whether it was deleted; one of the same name that is deployed later is another one.</param>
public sealed record DeploymentChange(string Function, bool IsDeletion);
