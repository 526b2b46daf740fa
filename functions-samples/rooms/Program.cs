// Chat rooms over WebSocket: an ordinary ASP.NET minimal API, published by the CLI and started on $PORT.
//
//   websocat ws://localhost:8080/function/rooms/lobby/socket      (what one caller writes, everybody in the room reads)
//   curl localhost:8080/function/rooms/lobby

using System.Net.WebSockets;

var builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT") ?? "5000"}");
builder.Services.AddSingleton<Rooms>();

var app = builder.Build();
app.UseWebSockets();
app.MapGet("/{room}", (string room, Rooms rooms) => new { room, members = rooms.Count(room) });
app.Map("/{room}/socket", async (string room, HttpContext http, Rooms rooms, IHostApplicationLifetime lifetime) =>
{
    if (!http.WebSockets.IsWebSocketRequest)
    {
        http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        return;
    }

    using var socket = await http.WebSockets.AcceptWebSocketAsync();
    using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
    await rooms.JoinAsync(room, socket, stop.Token);
});
app.Run();
