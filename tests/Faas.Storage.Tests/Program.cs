using Faas.Storage.Tests;

if (args is [WriteUntilKilled.Verb, var folder, var round])
{
    await WriteUntilKilled.RunAsync(folder, round);
    return 0;
}

return args.Any(argument => argument is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
