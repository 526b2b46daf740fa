using System.Formats.Tar;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Faas.Contracts.Functions;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>Deployments that are refused: with what is wrong, where, and without touching what serves.</summary>
[Collection("process")]
public sealed class BadDeployTests(ProcessPlatform platform) : PlatformTests(platform)
{
    [Fact]
    public async Task An_unknown_runtime_is_refused_with_those_that_exist()
    {
        var (spec, bundle) = TestFunctions.Python("cobol", "def handler(e, c): return 1");
        var (_, problem) = await Admin.TryDeployAsync(spec with { Runtime = "cobol" }, bundle);
        Assert.Equal("InvalidSpec", problem?.Error);
        Assert.Equal(422, problem?.Status);
        Assert.Contains("python", problem?.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("handler.nothing", "nothing")]
    [InlineData("nofile.handler", "nofile")]
    [InlineData("handler", "handler")]
    public async Task A_handler_that_is_not_found_is_named(string handler, string named)
    {
        var (spec, bundle) = TestFunctions.Python(TestFunctions.NewName("lost"), "def handler(e, c): return 1");
        var (_, problem) = await Admin.TryDeployAsync(spec with { Handler = handler }, bundle);
        Assert.Equal("InitFailed", problem?.Error);
        Assert.Equal("function", problem?.Blame);
        Assert.Contains(named, problem?.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("python", "def handler(event, context)\n    return 1\n", "SyntaxError")]
    [InlineData("node", "exports.handler = async (event) => { return 1;\n", "SyntaxError")]
    [InlineData("python", "import nosuchpackage\n\ndef handler(e, c): return 1\n", "nosuchpackage")]
    [InlineData("node", "require('nosuchpackage'); exports.handler = () => 1;\n", "nosuchpackage")]
    [InlineData("python", "print('before the end')\nimport os\nos._exit(3)\n", "before the end")]
    [InlineData("node", "console.error('before the end'); process.exit(3);\n", "before the end")]
    public async Task Code_that_cannot_be_loaded_is_refused_with_its_own_words(string runtime, string code, string words)
    {
        var name = TestFunctions.NewName("broken");
        var (spec, bundle) = runtime == "python" ? TestFunctions.Python(name, code) : TestFunctions.Node(name, code);
        var (_, problem) = await Admin.TryDeployAsync(spec, bundle);
        Assert.Equal("InitFailed", problem?.Error);
        Assert.Contains(words, string.Join('\n', [problem!.Detail, .. problem.Logs]), StringComparison.Ordinal);
        await Platform.CallAsync(name).FailsWithAsync("NotFound");
    }

    [Fact]
    public async Task CSharp_that_does_not_compile_is_refused_with_file_line_and_column()
    {
        var (spec, bundle) = TestFunctions.CSharp("broken-csharp", "public static class F\n{\n    public static int Handle() => \"text\";\n}\n");
        var (_, problem) = await Admin.TryDeployAsync(spec, bundle);
        Assert.Equal("BuildFailed", problem?.Error);
        var diagnostic = Assert.Single(problem!.Diagnostics);
        Assert.StartsWith("Function.cs(3,35): error CS0029", diagnostic, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CSharp_with_a_package_that_is_not_there_says_which()
    {
        var (spec, bundle) = TestFunctions.CSharp("broken-csharp", "using Newtonsoft.Json;\npublic static class F { public static int Handle() => 1; }\n");
        var (_, problem) = await Admin.TryDeployAsync(spec, bundle);
        Assert.Equal("BuildFailed", problem?.Error);
        Assert.Contains("Newtonsoft", string.Join('\n', problem!.Diagnostics), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_deployment_leaves_the_old_revision_serving()
    {
        var name = TestFunctions.NewName("keeps");
        var (spec, good) = TestFunctions.Python(name, "def handler(e, c): return 'good'");
        var first = await Admin.DeployAsync(spec, good);
        var (_, problem) = await Admin.TryDeployAsync(spec, Bundle.Of(("handler.py", "raise RuntimeError('bad from the start')")));

        Assert.Equal("InitFailed", problem?.Error);
        Assert.Equal("good", await Platform.CallAsync(name).TextAsync());
        Assert.Equal(first.Revision, (await Admin.DescribeAsync(name)).Summary.Revision);
    }

    [Fact]
    public async Task A_bundle_that_is_not_what_its_name_says_is_refused()
    {
        var bundle = Bundle.Of(("handler.py", "def handler(e, c): return 1"));
        using var response = await Admin.UploadAsync(new string('a', 64), bundle.Bytes);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        await ManagementApi.ProblemAsync(response);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("../../../../etc/cron.d/x")]
    [InlineData("ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ")]
    public async Task A_digest_that_is_none_is_refused(string digest)
    {
        using var response = await Admin.UploadAsync(Uri.EscapeDataString(digest), [1, 2, 3]);
        Assert.InRange((int)response.StatusCode, 400, 422);
    }

    [Fact]
    public async Task A_corrupt_bundle_is_refused()
    {
        var whole = Bundle.Of(("handler.py", "def handler(e, c): return 1")).Bytes;
        foreach (var bytes in (byte[][])[Encoding.UTF8.GetBytes("this is no archive"), whole[..(whole.Length / 2)], [.. whole[..20], .. new byte[40], .. whole[60..]], []])
        {
            await AssertRefusedAsync(new Bundle(bytes));
        }
    }

    [Theory]
    [InlineData("../escaped.py")]
    [InlineData("deep/../../escaped.py")]
    [InlineData("/tmp/escaped.py")]
    public async Task An_entry_that_leaves_the_bundle_is_refused_by_name(string entry)
    {
        var problem = await AssertRefusedAsync(Bundle.Of(("handler.py", "def handler(e, c): return 1"), (entry, "x")));
        Assert.Contains(entry, problem, StringComparison.Ordinal);
        Assert.False(File.Exists("/tmp/escaped.py"));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink, "/etc/passwd")]
    [InlineData(TarEntryType.SymbolicLink, "../../../faas.db")]
    [InlineData(TarEntryType.HardLink, "/etc/passwd")]
    public async Task A_link_that_leaves_the_bundle_is_refused_by_name(TarEntryType type, string target)
    {
        var problem = await AssertRefusedAsync(Bundle.Write(tar => tar.WriteEntry(new PaxTarEntry(type, "link.py") { LinkName = target })));
        Assert.Contains("link.py", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_in_a_bundle_is_refused_by_name()
    {
        var problem = await AssertRefusedAsync(Bundle.Write(tar =>
            tar.WriteEntry(new PaxTarEntry(TarEntryType.CharacterDevice, "zero") { DeviceMajor = 1, DeviceMinor = 5 })));
        Assert.Contains("zero", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_zip_bomb_is_refused()
    {
        var problem = await AssertRefusedAsync(Bundle.Write(tar =>
        {
            var zeros = new byte[26 << 20];
            for (var i = 0; i < 10; i++)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"zeros-{i}") { DataStream = new MemoryStream(zeros) });
            }
        }));
        Assert.Contains("250", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_packed_bundle_over_the_limit_is_refused()
    {
        var bytes = new byte[(50 << 20) + 1024];
        RandomNumberGenerator.Fill(bytes);
        using var response = await Admin.UploadAsync(Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        await ManagementApi.ProblemAsync(response);
    }

    [Fact]
    public async Task A_deployment_without_its_bundle_says_what_to_do()
    {
        var (spec, _) = TestFunctions.Python("nobundle", "");
        var (_, problem) = await Admin.TryDeployAsync(spec with { CodeDigest = Convert.ToHexStringLower(SHA256.HashData("nothing"u8)) }, null);
        Assert.NotNull(problem);
        Assert.InRange(problem.Status, 400, 422);
        Assert.Contains("bundle", problem.Detail, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("../../etc/passwd")]
    [InlineData("Upper")]
    [InlineData("-a")]
    [InlineData("a b")]
    public async Task A_name_that_is_a_path_or_no_label_is_refused(string name)
    {
        var (spec, bundle) = TestFunctions.Python(name, "def handler(e, c): return 1");
        using var uploaded = await Admin.UploadAsync(bundle.Digest, bundle.Bytes);
        using var content = System.Net.Http.Json.JsonContent.Create(spec with { CodeDigest = bundle.Digest }, options: ManagementApi.Json);
        using var response = await Admin.Http.PutAsync($"/v1/functions/{Uri.EscapeDataString(name).Replace(".", "%2e", StringComparison.Ordinal)}", content, Stop);
        Assert.InRange((int)response.StatusCode, 400, 422);
        Assert.DoesNotContain(await Admin.ListAsync(), function => function.Name == name);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"name\":")]
    [InlineData("{\"name\":\"x\",\"runtime\":7}")]
    public async Task A_spec_that_is_none_is_refused(string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await Admin.Http.PutAsync("/v1/functions/x", content, Stop);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await ManagementApi.ProblemAsync(response);
    }

    // At the upload or at the deployment: either is early enough.
    private async Task<string> AssertRefusedAsync(Bundle bundle)
    {
        var name = TestFunctions.NewName("corrupt");
        var spec = new FunctionSpec { Name = name, Runtime = Runtimes.Python, Handler = "handler.handler", Network = NetworkKind.None };
        var (_, problem) = await Admin.TryDeployAsync(spec, bundle);
        Assert.NotNull(problem);
        Assert.InRange(problem.Status, 400, 422);
        Assert.DoesNotContain(await Admin.ListAsync(), function => function.Name == name);
        return problem.Detail;
    }
}
