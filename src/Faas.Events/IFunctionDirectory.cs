using Faas.Contracts.Functions;

namespace Faas.Events;

/// <summary>What is deployed, as far as events must know. Called often and from any thread.</summary>
public interface IFunctionDirectory
{
    /// <summary>The function's serving spec; null when there is none.</summary>
    FunctionSpec? Find(string function);
}
