using System.Text;
using System.Text.RegularExpressions;
using Faas.Gateway.Tests.Fakes;

namespace Faas.Gateway.Tests.FastPath;

/// <summary>The same bytes on both paths: the function sees the same, and the caller gets the same. A connection is Kestrel's once it has asked for what does not exist.</summary>
public sealed partial class ConformanceTests
{
    public static TheoryData<string> Requests => new(
        "GET /function/hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /function/hello/ HTTP/1.1\r\nHost: a:80\r\n\r\n",
        "GET /function/hello/a//b/../c?x=1&y=%20 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /function/hello/%C3%BC%2F HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /function/hello? HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD /function/hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS /function/hello HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n",
        "DELETE /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "PUT /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\nbody",
        "GET /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
        "POST /v1/functions/hello/invocations HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
        "GET /v1/functions/hello/invocations HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /function/hello HTTP/1.1\r\nHost: a\r\nAccept:*/*\r\nX-Padded: \t b \t\r\nX-Empty:\r\n\r\n",
        "GET /function/hello HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nCookie: b=2\r\nAccept: a\r\nAccept: b\r\n\r\n",
        "GET /function/hello HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nKeep-Alive: 5\r\nTrailer: x\r\nProxy-Connection: a\r\nProxy-Authorization: b\r\nConnection: keep-alive\r\n\r\n",
        "GET /function/hello HTTP/1.1\r\nHost: a\r\nConnection: X-Secret\r\nX-Secret: a\r\n\r\n",
        "GET /function/hello HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1, 10.0.0.2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\n\r\n",
        "GET /function/hello HTTP/1.1\r\nHost: a\r\nX-Forwarded-For:\r\n\r\n",
        "GET /function/hello HTTP/1.1\r\nHost: a\r\nX-Call-Id: not an id\r\n\r\n",
        "GET /function/hello HTTP/1.1\r\nHost: a\r\nX-Umlaut: \u00fc\r\n\r\n",
        "GET /function/hello HTTP/1.1\r\nHOST: a\r\nx-lower: A\r\nX-UPPER: B\r\n\r\n",
        "GET /function/hello HTTP/1.1\r\nhost: [::1]:80\r\n\r\n",
        "GET /function/status/204 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /function/status/304 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /function/status/404 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /function/status/599 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /function/status/700 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /function/status/200 HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + new string('x', 101),
        "GET /function/none HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Both_paths_are_one(string request)
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route(), Say.Route("status", "r2", bodyMax: 100));
        var seen = new List<string>();
        await gateway.InstanceAsync(call => EchoAsync(call, seen));
        await gateway.InstanceAsync(call => call.AnswerAsync("hello", int.Parse(call.Head.Path[1..], System.Globalization.CultureInfo.InvariantCulture)).AsTask(), "i2", "r2");
        await using var fast = await RawCaller.ConnectAsync(gateway);
        await using var kestrel = await RawCaller.ConnectAsync(gateway);
        await kestrel.GetAsync("/function/none");
        await kestrel.ReadAsync();

        var answers = new List<string>();
        foreach (var caller in new[] { fast, kestrel })
        {
            await caller.SendAsync(request);
            var hasBody = !request.StartsWith("HEAD", StringComparison.Ordinal) && !request.Contains("/204", StringComparison.Ordinal) && !request.Contains("/304", StringComparison.Ordinal);
            answers.Add(Comparable(await caller.ReadAsync(hasBody)));
        }

        Assert.Equal(answers[1], answers[0]);
        Assert.All(seen, line => Assert.Equal(seen[0], line));
    }

    private static async Task EchoAsync(WorkerCall call, List<string> seen)
    {
        var body = Encoding.ASCII.GetString(await call.WholeBodyAsync());
        var headers = call.Headers.Select(header => $"{header.Key}={(header.Key == "x-call-id" ? "" : header.Value)}").Order(StringComparer.Ordinal);
        seen.Add(string.Join('\n', [call.Head.Kind, call.Head.Method, call.Head.Path, call.Head.Query, call.Head.IsHttps, call.Head.RemoteAddress, call.Head.ContentLength, body, .. headers]));
        await call.AnswerAsync(body, 200, ("Content-Type", "text/plain"), ("X-Own", "a"), ("x-own", "b"));
    }

    /// <summary>The answer without what differs from call to call, and its headers in order.</summary>
    private static string Comparable((string Head, string Body) answer)
    {
        var lines = Changing().Replace(answer.Head, "$1").Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return string.Join('\n', [lines[0], .. lines[1..].Select(line => line.Replace("x-own", "X-Own", StringComparison.Ordinal)).Order(StringComparer.Ordinal), Changing().Replace(answer.Body, "$1")]);
    }

    [GeneratedRegex("(Date: |X-Call-Id: |Server-Timing: |\"invocationId\":\")[^\r\n\"]*")]
    private static partial Regex Changing();
}
