using System.Text;
using Faas.Gateway.FastPath;

namespace Faas.Gateway.Tests.FastPath;

/// <summary>Which requests the fast path takes. All others are Kestrel's, and the same tests of the whole gateway hold for both.</summary>
public sealed class FastRequestTests
{
    private const string Host = "Host: example.com:8080\r\n";

    [Theory]
    [InlineData("GET", "/function/hello", "")]
    [InlineData("HEAD", "/function/hello?a=b", "Connection: keep-alive\r\n")]
    [InlineData("POST", "/function/hello/x%20y", "Content-Length: 0\r\nAccept: */*\r\n")]
    [InlineData("DELETE", "/v1/functions/hello/invocations", "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: h\r\nX-Call-Id: mine\r\n")]
    public void Plain_requests_are_taken(string method, string target, string headers)
    {
        var request = new FastRequest();
        Assert.Equal(FastHead.Plain, Read(request, $"{method} {target} HTTP/1.1\r\n{Host}{headers}\r\n"));
        Assert.Equal(method, request.Method);
        Assert.Equal(target, Encoding.ASCII.GetString(request.Target));
    }

    [Theory]
    [InlineData("GET /function/hello HTTP/1.0\r\nHost: h\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: \r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: a b\r\n\r\n")]
    [InlineData("PURGE /function/hello HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET http://h/function/hello HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET /function/hello/%00 HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n\r\n")]
    [InlineData("POST /function/hello HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("POST /function/hello HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("POST /function/hello HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n")]
    [InlineData("POST /function/hello HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n")]
    [InlineData("POST /function/hello HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\n")]
    [InlineData("POST /function/hello HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: h\r\nX-Name: gr\u00fc\u00df\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: h\r\nX Name: a\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: h\r\n Folded: a\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: h\r\nX-Name: a\r\n b\r\n\r\n")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: a\r\nX-Forwarded-For: b\r\n\r\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("not http at all\r\n\r\n")]
    public void Whatever_needs_more_than_a_look_is_Kestrels(string bytes) => Assert.Equal(FastHead.NotPlain, Read(new FastRequest(), bytes));

    [Theory]
    [InlineData("")]
    [InlineData("GET /function/hello HTTP/1.1\r\nHost: h\r\n")]
    public void Less_than_a_head_is_waited_for(string bytes) => Assert.Equal(FastHead.Incomplete, Read(new FastRequest(), bytes));

    [Fact]
    public void A_head_beyond_the_limit_is_Kestrels_even_before_it_is_complete() =>
        Assert.Equal(FastHead.NotPlain, Read(new FastRequest(), $"GET /function/hello HTTP/1.1\r\nX-Long: {new string('x', FastRequest.HeadBytesMax)}"));

    [Fact]
    public void A_body_is_what_follows_the_head()
    {
        var request = new FastRequest();
        Assert.Equal(FastHead.Plain, Read(request, $"POST /function/hello HTTP/1.1\r\n{Host}Content-Length: 5\r\nConnection: close\r\n\r\nhelloGET /"));
        Assert.Equal("hello", Encoding.ASCII.GetString(request.Body.Span));
        Assert.True(request.IsLast);
    }

    private static FastHead Read(FastRequest request, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        return request.Read(bytes, bytes.Length);
    }
}
