using System.Text;
using System.Text.Json;
using Faas.Cli.CommandLine;
using Faas.Cli.Output;

namespace Faas.Cli.Invoking;

/// <summary>Data that is sent as JSON.</summary>
internal static class JsonBody
{
    /// <summary>Refuses what is no JSON.</summary>
    /// <param name="body">The data.</param>
    /// <param name="advice">How else it could be sent.</param>
    public static void Check(byte[] body, string advice)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            var shown = Text.Shorten(Encoding.UTF8.GetString(body), 40);
            throw new CliException(ExitCode.Usage, $"The data is not JSON ({Text.FirstLine(e.Message)}): {shown} - a text is written as '\"text\"'; {advice}.");
        }
    }
}
