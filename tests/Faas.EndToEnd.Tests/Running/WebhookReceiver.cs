using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>A real HTTP server on a free port that takes what is sent to it, after refusing the first delivery: senders must try again.</summary>
internal sealed class WebhookReceiver : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<Delivery> _taken = new();
    private readonly Task _serving;
    private int _refused;

    public WebhookReceiver()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/alerts/";
        }

        _listener.Prefixes.Add(Url);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>What was taken so far, in order.</summary>
    public IReadOnlyList<Delivery> Taken => [.. _taken];

    public void Dispose()
    {
        _listener.Close();
        _serving.GetAwaiter().GetResult();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                var http = await _listener.GetContextAsync();
                using var reader = new StreamReader(http.Request.InputStream, Encoding.UTF8);
                var body = await reader.ReadToEndAsync();
                var isRefused = Interlocked.Exchange(ref _refused, 1) == 0;
                if (!isRefused)
                {
                    var headers = http.Request.Headers;
                    _taken.Enqueue(new Delivery(headers["webhook-id"]!, headers["webhook-timestamp"]!, headers["webhook-signature"]!, headers["content-type"]!, body));
                }

                http.Response.StatusCode = isRefused ? 503 : 204;
                http.Response.Close();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>One delivery.</summary>
    internal sealed record Delivery(string Id, string Timestamp, string Signature, string ContentType, string Body)
    {
        public JsonElement Json => JsonDocument.Parse(Body).RootElement;

        /// <summary>Whether it is signed with the key in a file, as Standard Webhooks has it.</summary>
        public bool IsSignedWith(string keyFile)
        {
            var key = Convert.FromBase64String(File.ReadAllText(keyFile).Trim()["whsec_".Length..]);
            return Signature == "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Id}.{Timestamp}.{Body}")));
        }
    }
}
