using System.Text.Unicode;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;
using Faas.Contracts.Functions;

namespace Faas.Cli.Secrets;

/// <summary>Where a secret's value comes from: a file, standard input, or somebody who types it.</summary>
internal static class SecretInput
{
    /// <summary>The longest line of a terminal on Linux; what is typed beyond it is lost without a word.</summary>
    private const int TypedBytesMax = 4096;

    /// <summary>The value, 1 byte to 64 KiB of UTF-8.</summary>
    /// <param name="name">The secret's name.</param>
    /// <param name="file">The file; <c>-</c> for standard input; null for whatever is there.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="CliException">There is none, or it cannot be one.</exception>
    public static async Task<byte[]> ReadAsync(string name, string? file, CancellationToken ct)
    {
        var value = file is not (null or "-") ? await ReadFileAsync(file, ct)
            : file is null && !Console.IsInputRedirected ? await AskAsync(name, ct)
            : await ReadInputAsync(ct);
        return value.Length is 0 or > SecretText.ValueBytesMax
            ? throw new CliException(ExitCode.Usage, value.Length == 0 ? $"The value of '{name}' is empty; nothing was set." : $"A secret's value has at most {SecretText.ValueBytesMax / 1024} KiB; nothing was set.")
            : Utf8.IsValid(value) ? value
            : throw new CliException(ExitCode.Usage, "A secret's value is text in UTF-8; encode other bytes as base64.");
    }

    private static async Task<byte[]> ReadFileAsync(string file, CancellationToken ct)
    {
        if (!File.Exists(file))
        {
            throw new CliException(ExitCode.NotFound, $"There is no file {Text.Shorten(file)}.");
        }

        await using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var value = await ReadAsync(content, ct);
        if (value.AsSpan().EndsWith("\n"u8))
        {
            Terminal.Note($"The line break at the end of {Text.Shorten(file)} is part of the value.");
        }

        return value;
    }

    /// <summary>What is piped in ends with a line break that nobody means: <c>echo</c> writes it.</summary>
    private static async Task<byte[]> ReadInputAsync(CancellationToken ct)
    {
        await using var input = Console.OpenStandardInput();
        var value = await ReadAsync(input, ct);
        return value.AsSpan().EndsWith("\r\n"u8) ? value[..^2] : value.AsSpan().EndsWith("\n"u8) ? value[..^1] : value;
    }

    /// <summary>As much as tells that it is too much: more than a value and a line break.</summary>
    private static async Task<byte[]> ReadAsync(Stream content, CancellationToken ct)
    {
        var buffer = new byte[SecretText.ValueBytesMax + 3];
        return buffer[..await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct)];
    }

    /// <summary>Asks on the terminal, which shows nothing of what is typed.</summary>
    private static async Task<byte[]> AskAsync(string name, CancellationToken ct)
    {
        using var hidden = new HiddenTyping();   // its end comes also when the wait is given up, while the line is still read
        Console.Error.Write($"Value of {name} (not shown): ");
        try
        {
            var typed = await Task.Run(() => Native.ReadTypedLine(TypedBytesMax), CancellationToken.None).WaitAsync(ct);
            return typed.Length < TypedBytesMax - 1
                ? typed
                : throw new CliException(ExitCode.Usage, $"A terminal takes no more than {TypedBytesMax - 1} bytes in a line; pipe the value in, or give --from-file FILE.");
        }
        finally
        {
            Console.Error.WriteLine();
        }
    }
}
