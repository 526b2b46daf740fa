using Faas.Contracts.Functions;
using Faas.Contracts.Invocations;

namespace Faas.Instances.Tests;

public sealed class ActivationTests(RuntimesFixture runtimes)
{
    private const string Hello = "import os\ndef handler(event, context):\n    return {'hello': event.get('name'), 'revision': context.function_version}\n";

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task A_python_function_answers_through_its_socket(string sandbox)
    {
        await using var test = await TestHost.StartAsync(sandbox, runtimes);
        var instance = await test.RunningPythonAsync(Hello);
        Assert.Equal(sandbox, instance.Driver);
        Assert.Equal("""{"hello":"world","revision":"hello-1"}""", (await WorkerCall.InvokeAsync(instance, """{"name":"world"}""")).Replace(" ", "", StringComparison.Ordinal));
    }
}
