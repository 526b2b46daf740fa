using System.Reflection;
using System.Security.Cryptography;

namespace Faas.Gateway.Uplink;

/// <summary>Which start of which gateway this is, and whose.</summary>
/// <param name="Boot">New for each start of the process; sorts by time, so that an earlier boot's journal is sent first. 20 characters.</param>
/// <param name="Version">The program's version.</param>
/// <param name="ControllerSocket">Where its controller listens.</param>
internal sealed record GatewayIdentity(string Boot, string Version, string ControllerSocket)
{
    /// <summary>A new boot.</summary>
    public static GatewayIdentity Create(string controllerSocket, TimeProvider clock)
    {
        var boot = clock.GetUtcNow().ToUnixTimeMilliseconds().ToString("x12", null) + RandomNumberGenerator.GetHexString(8, lowercase: true);
        var version = typeof(GatewayIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        return new GatewayIdentity(boot, version, controllerSocket);
    }
}
