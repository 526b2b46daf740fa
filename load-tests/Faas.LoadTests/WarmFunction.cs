namespace Faas.LoadTests;

/// <summary>Deploys the function that <c>warm.sh</c> loads: one instance with as many slots as there are connections, kept.</summary>
internal static class WarmFunction
{
    public static async Task DeployAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var target = Target.Open(arguments["data"]);
        var runtime = arguments["runtime"];
        var digest = await target.UploadHelloAsync(runtime, cancellationToken);
        await target.DeployAsync(
            Target.Hello("hello", runtime) with
            {
                CodeDigest = digest,
                Concurrency = arguments.Number("concurrency"),
                MinInstances = 1,
                MaxInstances = 1,
                KeepAlive = TimeSpan.FromMinutes(5),
            },
            cancellationToken);
        Console.WriteLine(target.Callers);
    }
}
