using System.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Api;
using Faas.Contracts.Hosting;

namespace Faas.Cli.CommandLine;

/// <summary>What a verb needs besides its own options: the terminal, the data folder and the platform's client.</summary>
internal sealed class VerbContext(ParseResult parsed)
{
    public ParseResult Parsed { get; } = parsed;

    public Terminal Terminal { get; } = Terminal.Current;

    public TimeProvider Time { get; } = TimeProvider.System;

    public bool WantsJson { get; } = GlobalOptions.WantsJson(parsed);

    public DataFolder Data { get; } = PlatformAddress.DataFolderOf(parsed);

    public T? Value<T>(Option<T> option) => Parsed.GetValue(option);

    public T? Value<T>(Argument<T> argument) => Parsed.GetValue(argument);

    /// <summary>A client for the platform that the options name.</summary>
    public FaasClient Connect() => PlatformAddress.Connect(Parsed, Data);

    /// <summary>Refuses what cannot be a function's name before it is put into an address.</summary>
    public static string FunctionNameOf(string name) =>
        Contracts.Functions.FunctionName.IsValid(name)
            ? name
            : throw new CliException(
                ExitCode.Usage,
                $"'{Text.Shorten(name)}' is not a function name: 1 to 63 of a-z, 0-9 and inner hyphens, optionally followed by '.namespace'.");
}
