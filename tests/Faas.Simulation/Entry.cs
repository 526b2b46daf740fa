using System.Globalization;
using Faas.Simulation.Running;

namespace Faas.Simulation;

/// <summary>Runs the tests, or with <c>run --schedules N --seed S</c> as many schedules as one likes.</summary>
internal static class Entry
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["run", .. var rest])
        {
            var result = Schedules.Run(Number(rest, "--seed", 1), Number(rest, "--schedules", 100_000));
            foreach (var failure in result.Failures)
            {
                await Console.Error.WriteLineAsync(failure.Failure);
            }

            Console.WriteLine(result.ToJson());
            return result.FailureCount == 0 ? 0 : 1;
        }

        if (args is ["fingerprint"])
        {
            Console.WriteLine(Schedules.Fingerprint());
            return 0;
        }

        return args.Any(argument => argument is "--server" or "--internal-msbuild-node")
            ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }

    private static int Number(string[] args, string name, int otherwise)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
