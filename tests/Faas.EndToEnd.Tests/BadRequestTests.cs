using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Faas.Contracts.Functions;
using Faas.EndToEnd.Tests.Running;

namespace Faas.EndToEnd.Tests;

/// <summary>What callers send that cannot be served.</summary>
[Collection("process")]
public sealed class BadRequestTests(ProcessPlatform platform) : PlatformTests(platform)
{
    private const int BodyLimit = 6 * 1024 * 1024;

    [Fact]
    public async Task An_unknown_function_is_not_found_and_is_named()
    {
        var problem = await Platform.CallAsync("nobody-deployed-this").FailsWithAsync("NotFound");
        Assert.Equal(404, problem.Status);
        Assert.Equal("caller", problem.Blame);
        Assert.Contains("nobody-deployed-this", problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/function")]
    [InlineData("/function/")]
    [InlineData("/elsewhere")]
    public async Task A_path_without_a_function_is_not_found(string path)
    {
        using var response = await Platform.Public.GetAsync(path, Stop);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        await ManagementApi.ProblemAsync(response);
    }

    [Theory]
    [InlineData("/function/../../../etc/passwd")]
    [InlineData("/function/%2e%2e%2f%2e%2e%2fetc%2fpasswd")]
    [InlineData("/function/..%5c..%5cfaas.db")]
    [InlineData("/function//etc/passwd")]
    [InlineData("/function/hello%00.py")]
    [InlineData("/function/%ff%fe")]
    public async Task A_name_that_is_a_path_is_not_found(string path)
    {
        var answer = await RawAsync($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.Matches("^HTTP/1.1 40[04] ", answer);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_ten_thousand_characters_is_refused()
    {
        using var response = await Platform.CallAsync(new string('a', 10_000));
        Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.RequestUriTooLong, $"{response.StatusCode}");

        using var deployed = await Admin.PutAsync(Spec(new string('a', 10_000)));
        Assert.InRange((int)deployed.StatusCode, 400, 431);
        Assert.InRange((await deployed.Content.ReadAsStringAsync(Stop)).Length, 0, 2_000);   // the name is not played back
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_before_the_function_sees_it()
    {
        await Platform.DeployAsync("echo", "echo.py");
        using var content = new ByteArrayContent(new byte[BodyLimit + 1]);
        var problem = await Platform.Public.PostAsync("/function/echo", content, Stop).FailsWithAsync("TooLarge");
        Assert.Equal(413, problem.Status);
        Assert.Equal("caller", problem.Blame);
    }

    [Fact]
    public async Task A_body_of_unknown_length_over_the_limit_is_refused_too()
    {
        await Platform.DeployAsync("echo", "echo.py");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/function/echo") { Content = new ByteArrayContent(new byte[BodyLimit + (1 << 20)]) };
        request.Headers.TransferEncodingChunked = true;
        await Platform.Public.SendAsync(request, Stop).FailsWithAsync("TooLarge");
    }

    [Fact]
    public async Task A_body_at_the_limit_arrives()
    {
        await Platform.DeployAsync("size", "size.js");
        using var content = new ByteArrayContent(new byte[BodyLimit]);
        Assert.Equal($"{BodyLimit}", await Platform.Public.PostAsync("/function/size", content, Stop).TextAsync());
    }

    [Fact]
    public async Task Headers_over_the_limit_are_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/function/hello");
        for (var i = 0; i < 80; i++)
        {
            request.Headers.Add($"x-filler-{i}", new string('f', 1_000));
        }

        using var response = await Platform.Public.SendAsync(request, Stop);
        Assert.True((int)response.StatusCode is 413 or 431, $"{response.StatusCode}");
    }

    [Theory]
    [InlineData("GET /function/hello HTTP/1.1\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/9.9\r\nHost: x\r\n\r\n")]
    [InlineData("POST /function/hello HTTP/1.1\r\nHost: x\r\nContent-Length: nine\r\n\r\n")]
    [InlineData("\u0000\u0001\u0002 garbage\r\n\r\n")]
    public async Task What_is_no_http_is_refused(string text)
    {
        var answer = await RawAsync(text);
        Assert.Matches("^HTTP/1.1 (4|505)", answer);
    }

    [Fact]
    public async Task An_event_that_is_not_json_is_the_callers_fault()
    {
        var problem = await Admin.InvokeAsync("hello", "{\"half\":").FailsWithAsync("BadRequest");
        Assert.Equal(400, problem.Status);
        Assert.Equal("caller", problem.Blame);
    }

    [Fact]
    public async Task A_caller_that_hangs_up_in_the_middle_of_its_body_disturbs_nobody()
    {
        await Platform.DeployAsync("echo", "echo.py", spec => spec with { MaxInstances = 1 });
        for (var i = 0; i < 5; i++)
        {
            using var socket = await ConnectAsync();
            await socket.SendAsync(Encoding.ASCII.GetBytes("POST /function/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly this"), Stop);
        }

        Assert.Contains("event", await Platform.CallAsync("echo").TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    [InlineData("")]
    public async Task A_wrong_or_missing_admin_key_is_refused(string? key)
    {
        using var stranger = new HttpClient { BaseAddress = Platform.AdminUrl };
        if (key is not null)
        {
            stranger.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        }

        foreach (var path in (string[])["/v1/platform", "/v1/functions", "/v1/functions/hello", "/v1/invocations", "/v1/functions/hello/logs"])
        {
            using var response = await stranger.GetAsync(path, Stop);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("Unauthorized", (await ManagementApi.ProblemAsync(response)).Error);
        }

        using var deleted = await stranger.DeleteAsync("/v1/functions/hello", Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, deleted.StatusCode);
        using var content = new ByteArrayContent([1, 2, 3]);
        using var uploaded = await stranger.PutAsync($"/v1/bundles/{new string('0', 64)}", content, Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, uploaded.StatusCode);
    }

    [Fact]
    public void The_admin_key_is_nobody_elses_to_read() =>
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Platform.Folder.AdminKeyFile) & (UnixFileMode)0x1FF);

    [Fact]
    public async Task The_management_api_is_not_on_the_public_listener()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/functions");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Platform.Folder.AdminKeyFile, Stop)).Trim());
        using var response = await Platform.Public.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static FunctionSpec Spec(string name) => new() { Name = name, Runtime = Runtimes.Python, Handler = "a.b", CodeDigest = new string('0', 64) };

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(Platform.PublicUrl.Authority), Stop);
        return socket;
    }

    // HttpClient would tidy these requests up.
    private async Task<string> RawAsync(string request)
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(Encoding.Latin1.GetBytes(request), Stop);
        var buffer = new byte[16 * 1024];
        return Encoding.Latin1.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Stop));
    }
}
