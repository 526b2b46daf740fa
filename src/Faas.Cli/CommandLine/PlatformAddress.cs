using System.CommandLine;
using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Hosting;

namespace Faas.Cli.CommandLine;

/// <summary>Finds the platform: its data folder, where its API listens, and the key.</summary>
internal static class PlatformAddress
{
    public const string DefaultAdminUrl = "http://127.0.0.1:8081";

    public const string DefaultListenUrl = "http://127.0.0.1:8080";

    public static DataFolder DataFolderOf(ParseResult parsed) =>
        new(GlobalOptions.ValueOf(parsed, GlobalOptions.Data, "FAAS_DATA")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".faas"));

    public static FaasClient Connect(ParseResult parsed, DataFolder data)
    {
        var admin = GlobalOptions.ValueOf(parsed, GlobalOptions.Admin, "FAAS_ADMIN") ?? ReadEndpoints(data)?.AdminUrl ?? DefaultAdminUrl;
        var key = GlobalOptions.ValueOf(parsed, GlobalOptions.Key, "FAAS_KEY") ?? ReadKey(data);
        return new FaasClient(ParseUrl("--admin", admin), key);
    }

    /// <summary>Where the platform of <paramref name="data"/> listens, as `faas up` wrote it; null when it is not running or unreadable.</summary>
    public static PlatformEndpoints? ReadEndpoints(DataFolder data)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(data.EndpointsFile), FaasJson.Default.PlatformEndpoints);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The key that `faas up` made; null when there is none, which the API then refuses with its own words.</summary>
    public static string? ReadKey(DataFolder data)
    {
        try
        {
            var key = File.ReadAllText(data.AdminKeyFile).Trim();
            return key.Length > 0 ? key : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>An http or https address without a path, from the option <paramref name="option"/>.</summary>
    public static Uri ParseUrl(string option, string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var url)
        && url.Scheme is "http" or "https" && url.Host.Length > 0 && url.AbsolutePath == "/"
            ? url
            : throw new CliException(ExitCode.Usage, $"'{Output.Text.Shorten(text)}' is no address for {option}; write it like http://127.0.0.1:8081.");
}
