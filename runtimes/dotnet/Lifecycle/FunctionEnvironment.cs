using System.Globalization;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Lifecycle;

/// <summary>The environment variables that a function sees: its own, then the platform's, which it cannot replace.</summary>
internal static class FunctionEnvironment
{
    public static void Set(SpecializeMessage spec, string codeDirectory)
    {
        foreach (var (name, value) in spec.Env)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        Environment.SetEnvironmentVariable("FAAS_FUNCTION", spec.Function);
        Environment.SetEnvironmentVariable("FAAS_REVISION", spec.Revision);
        Environment.SetEnvironmentVariable("FAAS_INSTANCE", spec.Instance);
        Environment.SetEnvironmentVariable("AWS_LAMBDA_FUNCTION_NAME", spec.Function);
        Environment.SetEnvironmentVariable("AWS_LAMBDA_FUNCTION_VERSION", spec.Revision);
        Environment.SetEnvironmentVariable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", spec.MemoryMiB.ToString(CultureInfo.InvariantCulture));
        Environment.SetEnvironmentVariable("LAMBDA_TASK_ROOT", codeDirectory);
        Environment.SetEnvironmentVariable("_HANDLER", spec.Handler ?? "");
    }
}
