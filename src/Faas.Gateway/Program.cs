using System.Net;
using System.Net.Sockets;
using Faas.Gateway.Hosting;
using Faas.Gateway.Stalls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

// EX_CONFIG of sysexits.h: starting again the same way won't help.
const int ConfigurationError = 78;

#if !NATIVE
if (args is [BlockedThread.StackOption, var process, var thread])
{
    return StackReader.Run(process, thread);
}
#endif

GatewayArguments? arguments = null;
try
{
    arguments = GatewayArguments.Parse(args);
    using var signals = new ShutdownSignals(arguments.IsSupervised);
    using var folder = FolderLock.Take(arguments.Data);
    await using var gateway = GatewayHost.Build(arguments, TimeProvider.System);
    await gateway.StartAsync();
    var address = gateway.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(url => !url.Contains("unix:", StringComparison.Ordinal));
    await Console.Out.WriteLineAsync($"ready {address}");
    await signals.Asked;
    await gateway.StopAsync();
    return 0;
}
catch (ConfigurationException exception)
{
    return Refuse(exception.Message);
}
catch (IOException exception) when (exception.InnerException is AddressInUseException)
{
    return Refuse($"{arguments!.Listen} is taken by another program; stop it or choose another address with --listen");
}
catch (Exception exception) when (exception is SocketException { SocketErrorCode: SocketError.AccessDenied or SocketError.AddressNotAvailable })
{
    return Refuse($"the gateway cannot listen on {arguments!.Listen}: {exception.Message}");
}
catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
{
    return Refuse($"the data folder {arguments?.Data.Root} cannot be used: {exception.Message}");
}

static int Refuse(string message)
{
    Console.Error.WriteLine($"faas-gateway: {message.ReplaceLineEndings(" ")}");
    return ConfigurationError;
}
