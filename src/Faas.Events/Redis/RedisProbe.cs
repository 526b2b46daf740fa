using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using StackExchange.Redis;

namespace Faas.Events.Redis;

/// <summary>Finds out why there is no connection, which the client library does not tell: looks at what is at an address as a person would.</summary>
internal static class RedisProbe
{
    private const int ReplyLengthMax = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>What is wrong with the server, in a few words and without secrets; null when nothing is.</summary>
    public static async Task<string?> AskAsync(ConfigurationOptions settings)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            using var client = new TcpClient();
            await (settings.EndPoints[0] switch
            {
                DnsEndPoint named => client.ConnectAsync(named.Host, named.Port, limit.Token),
                var endpoint => client.ConnectAsync((IPEndPoint)endpoint, limit.Token),
            });
            await using var stream = settings.Ssl ? await EncryptAsync(client, settings.SslHost ?? "", limit.Token) : client.GetStream();
            return await AskAsync(stream, settings, limit.Token);
        }
        catch (SocketException exception)
        {
            return $"there is no way to it ({exception.Message}); start it, or correct the address";
        }
        catch (AuthenticationException exception)
        {
            return $"there is no TLS with it ({exception.Message}); correct its certificate, or write redis:// if it has none";
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return settings.Ssl ? "what listens there does not answer; is it a Redis with TLS?" : "what listens there does not answer as a Redis does; correct the address, or write rediss:// if it wants TLS";
        }
    }

    private static async Task<string?> AskAsync(Stream stream, ConfigurationOptions settings, CancellationToken ct)
    {
        // What AUTH is answered counts, if there is one; else that of PING.
        var request = settings.Password is { } password ? Command(settings.User is { } user ? ["AUTH", user, password] : ["AUTH", password]) : "";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request + Command("PING")), ct);
        var reply = new byte[ReplyLengthMax];
        var length = await stream.ReadAtLeastAsync(reply, 1, throwOnEndOfStream: true, ct);
        var lines = Encoding.UTF8.GetString(reply, 0, length).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return Array.Find(lines, line => line[0] == '-') is { } refusal ? refusal[1..]
            : lines[0][0] == '+' ? null
            : "what listens there is not a Redis; correct the address, or write rediss:// if it wants TLS";
    }

    private static string Command(params string[] parts) =>
        string.Concat([FormattableString.Invariant($"*{parts.Length}\r\n"), .. parts.Select(part => FormattableString.Invariant($"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n"))]);

    private static async Task<Stream> EncryptAsync(TcpClient client, string host, CancellationToken ct)
    {
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, ct);
        return stream;
    }
}
