using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Faas.Contracts.Api;

namespace Faas.Cli.Output;

/// <summary>What <c>--output json</c> prints: indented, in the API's own shapes.</summary>
internal static class Json
{
    private static readonly FaasJson Indented = new(new JsonSerializerOptions(FaasJson.Default.Options)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,   // it goes to a terminal or a file, never into HTML
        TypeInfoResolver = null,
    });

    private static readonly CliJson IndentedCli = new(new JsonSerializerOptions(CliJson.Default.Options)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = null,
    });

    private static readonly FaasJson Compact = new(new JsonSerializerOptions(FaasJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, TypeInfoResolver = null });

    public static void Print<T>(T value) =>
        Console.Out.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)(Indented.GetTypeInfo(typeof(T)) ?? IndentedCli.GetTypeInfo(typeof(T))!)));

    /// <summary>The value on one line, for streams of them.</summary>
    public static void PrintLine<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)Compact.GetTypeInfo(typeof(T))!));
}
