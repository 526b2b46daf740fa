using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Faas.Contracts.Functions;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>What a function cannot see and cannot do.</summary>
public abstract class SandboxTests(SharedPlatform shared) : PlatformTests(shared)
{
    [Fact]
    public async Task A_function_has_no_rights_and_sees_only_itself()
    {
        var inside = await InspectAsync(NetworkKind.None);
        var status = inside.GetProperty("status");
        Assert.True(inside.GetProperty("uid").GetInt32() != 0, "runs as root");
        Assert.Equal(0UL, ulong.Parse(status.GetProperty("CapEff").GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal(0UL, ulong.Parse(status.GetProperty("CapBnd").GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal("1", status.GetProperty("NoNewPrivs").GetString()?.Trim());
        Assert.InRange(inside.GetProperty("processes").GetArrayLength(), 1, 4);
        Assert.False(inside.GetProperty("dockerSocket").GetBoolean());
        Assert.Equal(["/tmp"], inside.GetProperty("writable").EnumerateArray().Select(folder => folder.GetString()));
    }

    [Fact]
    public async Task A_function_does_not_inherit_the_platforms_environment()
    {
        var environment = (await InspectAsync(NetworkKind.None)).GetProperty("environment");
        Assert.False(environment.TryGetProperty("FAAS_TOKEN", out _));
        var key = (await File.ReadAllTextAsync(Platform.Folder.AdminKeyFile, Stop)).Trim();
        Assert.DoesNotContain(key, environment.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(Platform.Folder.Root, environment.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("inside-none", environment.GetProperty("FAAS_FUNCTION").GetString());
        Assert.Equal("inside-none", environment.GetProperty("AWS_LAMBDA_FUNCTION_NAME").GetString());
    }

    [Fact]
    public async Task Without_network_there_is_nothing_but_the_loopback()
    {
        var inside = await InspectAsync(NetworkKind.None);
        Assert.DoesNotContain(inside.GetProperty("interfaces").EnumerateArray(), name => name.GetString() is not ("lo" or "tunl0" or "sit0" or "ip6tnl0"));
        Assert.False(await ConnectsAsync("inside-none", "127.0.0.1", Platform.AdminUrl.Port));
    }

    internal async Task<bool> ConnectsAsync(string name, string host, int port) =>
        JsonDocument.Parse(await Platform.CallAsync($"{name}/connect?host={host}&port={port}").TextAsync()).RootElement.GetProperty("connected").GetBoolean();

    internal async Task<JsonElement> InspectAsync(NetworkKind network)
    {
        Assert.SkipUnless((await Admin.PlatformAsync()).IsIsolated, "instances are not isolated here: the process sandbox needs bubblewrap");
        var name = network == NetworkKind.None ? "inside-none" : "inside-egress";
        await Platform.DeployAsync(name, "inside.py", spec => spec with { Network = network, Timeout = TimeSpan.FromSeconds(20) });
        return JsonDocument.Parse(await Platform.CallAsync(name).TextAsync()).RootElement;
    }
}

/// <summary>In processes.</summary>
[Collection("process")]
public sealed class SandboxOfProcesses(ProcessPlatform platform) : SandboxTests(platform);

/// <summary>In containers, which have a network of their own.</summary>
[Collection("docker")]
public sealed class SandboxOfContainers(DockerPlatform platform) : SandboxTests(platform)
{
    [Fact]
    public async Task With_egress_the_host_the_platform_and_metadata_addresses_are_out_of_reach()
    {
        await InspectAsync(NetworkKind.Egress);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        listener.Listen();
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;

        Assert.False(await ConnectsAsync("inside-egress", "gateway", port), "reached the host over its bridge");
        Assert.False(await ConnectsAsync("inside-egress", "gateway", Platform.AdminUrl.Port), "reached the management API");
        Assert.False(await ConnectsAsync("inside-egress", "127.0.0.1", Platform.PublicUrl.Port), "shares the host's loopback");
        Assert.False(await ConnectsAsync("inside-egress", "169.254.169.254", 80), "reached the metadata address");
    }

    [Fact]
    public async Task An_image_that_serves_http_is_deployed_without_code()
    {
        await using var image = await TestImage.BuildAsync(
            Platform, """["python3", "-c", "import os, http.server as h; h.test(h.SimpleHTTPRequestHandler, port=int(os.environ['PORT']), bind='0.0.0.0')"]""");
        await Admin.DeployAsync(new FunctionSpec { Name = "image", Runtime = Runtimes.Http, Image = image.Name, Concurrency = 8 }, null);
        Assert.Contains("Directory listing", await Platform.CallAsync("image/").TextAsync(), StringComparison.Ordinal);
        using var deleted = await Admin.DeleteAsync("image");
        Assert.True(deleted.IsSuccessStatusCode);
    }
}
