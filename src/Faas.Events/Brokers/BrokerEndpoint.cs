namespace Faas.Events.Brokers;

/// <summary>A broker's address, taken apart.</summary>
internal sealed record BrokerEndpoint
{
    /// <summary>The host's name or IP address.</summary>
    public required string Host { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>User name; null for none.</summary>
    public string? User { get; init; }

    /// <summary>Password; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>What follows the host and a slash; empty for nothing.</summary>
    public required string Path { get; init; }

    /// <summary>Whether the connection is encrypted.</summary>
    public required bool IsEncrypted { get; init; }

    /// <summary>Reads <c>scheme://[user[:password]@]host[:port][/path]</c>, whose parts may be percent-encoded.</summary>
    /// <param name="address">The address with its secrets.</param>
    /// <param name="encryptedScheme">The scheme of encrypted connections.</param>
    /// <param name="port">The port when there is none in it.</param>
    /// <param name="encryptedPort">The same of encrypted connections.</param>
    /// <exception cref="BrokerException">It is none; it is not repeated, as it has secrets.</exception>
    public static BrokerEndpoint Parse(string address, string encryptedScheme, int port, int encryptedPort)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            throw new BrokerException("'url' is no address any more once its secrets are filled in; a secret may be a user, a password, a host or a path, and a host has no special characters");
        }

        var isEncrypted = uri.Scheme == encryptedScheme;
        var user = uri.UserInfo.Split(':', 2);
        return new BrokerEndpoint
        {
            Host = uri.IdnHost,
            Port = uri.Port > 0 ? uri.Port : isEncrypted ? encryptedPort : port,
            User = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            Path = Uri.UnescapeDataString(uri.AbsolutePath.Length > 1 ? uri.AbsolutePath[1..] : ""),
            IsEncrypted = isEncrypted,
        };
    }
}
