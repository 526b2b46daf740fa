using Faas.Contracts.Api;

namespace Faas.Controller.Logs;

/// <summary>Where the lines go that functions write, and those that the platform writes about them. Never blocks.</summary>
internal interface IFunctionOutput
{
    /// <summary>A line of the function's.</summary>
    void Append(string function, LogLine line);

    /// <summary>A line of the platform's.</summary>
    void Platform(string function, string instance, LineLevel level, string text);
}
