using Faas.Controller.Build;
using Faas.Controller.Hosting;
using Faas.Instances;
using Faas.Storage;

if (args is [CompilerProcess.Argument])
{
    await CompilerServer.RunAsync(Console.In, Console.Out, TimeProvider.System);
    return 0;
}

ControllerArguments arguments;
try
{
    arguments = ControllerArguments.Parse(args);
    using var claim = FolderClaim.Take(arguments.Data);
    await ControllerHost.RunAsync(arguments);
    return 0;
}
catch (StoreException e) when (e.Failure == StoreFailure.Unreachable)
{
    Console.Error.WriteLine(e.Message);
    return StartException.NotYetExitCode;
}
catch (Exception e) when (e is StartException or InstanceHostException or StoreException)
{
    Console.Error.WriteLine(e.Message);
    return StartException.ExitCode;
}
catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    Console.Error.WriteLine($"{e.Message} Choose another with --admin http://127.0.0.1:PORT");
    return StartException.ExitCode;
}
