using System.Reflection;

namespace Faas.Controller;

/// <summary>The version this controller was built as.</summary>
internal static class ThisVersion
{
    public static string Text { get; } =
        typeof(ThisVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
