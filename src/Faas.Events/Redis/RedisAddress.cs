using System.Globalization;
using Faas.Contracts.Functions;
using Faas.Events.Brokers;
using StackExchange.Redis;

namespace Faas.Events.Redis;

/// <summary>Addresses of Redis servers: <c>redis://[[user]:password@]host[:port][/database]</c>, or <c>rediss://</c> for TLS.</summary>
internal static class RedisAddress
{
    private const int PortOtherwise = 6379;
    private const string AnySecret = "1";   // good for each part of an address

    /// <summary>Why an address cannot be used, whatever its secrets are; null when it can.</summary>
    public static string? ProblemOf(string url) => Read(SecretText.Fill(url, _ => AnySecret), out var problem) is null ? problem : null;

    /// <summary>The settings that an address stands for; its secrets are filled in.</summary>
    /// <exception cref="BrokerException">It cannot be used. The message has nothing of it.</exception>
    public static ConfigurationOptions Parse(string url) => Read(url, out var problem) ?? throw new BrokerException($"the address of Redis cannot be used: {problem}");

    private static ConfigurationOptions? Read(string url, out string? problem)
    {
        problem = "it must be like redis://user:password@localhost:6379/0";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.DnsSafeHost.Length == 0 || address.Query.Length + address.Fragment.Length > 0)
        {
            return null;
        }

        var database = address.AbsolutePath.Trim('/');
        if (!int.TryParse(database.Length == 0 ? "0" : database, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            problem = "what follows the host is the database's number, as in redis://localhost:6379/0";
            return null;
        }

        var login = address.UserInfo.Split(':', 2);
        if (address.UserInfo.Length > 0 && login.Length == 1)
        {
            problem = "it has a user without a password; write redis://user:password@host, or redis://:password@host for the default user";
            return null;
        }

        problem = null;
        var settings = new ConfigurationOptions { DefaultDatabase = number, Ssl = address.Scheme == "rediss", SslHost = address.DnsSafeHost };
        settings.EndPoints.Add(address.DnsSafeHost, address.Port > 0 ? address.Port : PortOtherwise);
        if (login.Length == 2)
        {
            settings.User = login[0].Length == 0 ? null : Uri.UnescapeDataString(login[0]);
            settings.Password = Uri.UnescapeDataString(login[1]);
        }

        return settings;
    }
}
