using System.Net;
using System.Net.Sockets;
using Yarp.ReverseProxy.Forwarder;

// Faas.BareYarp --socket PATH --urls http://127.0.0.1:PORT: passes everything to the one HTTP server behind a unix socket.
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);   // As the web template's settings do; a line for each request would be what is measured.
builder.Services.AddHttpForwarder();
var app = builder.Build();

var socket = new UnixDomainSocketEndPoint(app.Configuration["socket"] ?? throw new InvalidOperationException("--socket is missing"));
var upstream = new HttpMessageInvoker(new SocketsHttpHandler
{
    // What YARP's documentation sets for its own client.
    UseProxy = false,
    AllowAutoRedirect = false,
    AutomaticDecompression = DecompressionMethods.None,
    UseCookies = false,
    ConnectCallback = async (_, cancellationToken) =>
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(socket, cancellationToken);
            return new NetworkStream(connection, ownsSocket: true);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    },
});
app.MapForwarder("/{**path}", "http://direct", ForwarderRequestConfig.Empty, HttpTransformer.Default, upstream);
app.Run();
