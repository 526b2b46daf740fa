using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Faas.Contracts.Invocations;
using Faas.Gateway.Tests.Fakes;
using Faas.Link;

namespace Faas.Gateway.Tests.Acceptance;

public sealed class AttemptTests
{
    [Fact]
    public async Task An_attempt_s_answer_carries_its_usage_behind_the_body_and_the_journal_has_none()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        gateway.Controller.Acknowledges = false;
        await gateway.InstanceAsync();
        var (answer, body, usage) = await AttemptAsync(gateway, "/attempts/hello/x?y=1");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotEmpty(body);
        Assert.Equal(("the-id", "hello", "i1", InvocationError.None, 200), (usage.Id, usage.Function, usage.Instance, usage.Outcome, usage.Status));
        Assert.Empty(gateway.Recorded());
    }

    [Fact]
    public async Task The_function_sees_method_path_and_attempt_and_none_of_the_platform_s_own_headers()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        WorkerCall? seen = null;
        await gateway.InstanceAsync(async call =>
        {
            seen = call;
            await call.AnswerAsync();
        });
        await AttemptAsync(gateway, "/attempts/hello/x?y=1", ("X-Faas-Method", "PATCH"), ("X-Faas-Attempt", "2"));
        Assert.NotNull(seen);
        Assert.Equal(("PATCH", "/x", "y=1"), (seen.Head.Method, seen.Head.Path, seen.Head.Query));
        Assert.Contains(seen.Headers, header => header is { Key: "x-faas-attempt", Value: "2" });
        Assert.DoesNotContain(seen.Headers, header => header.Key is "x-faas-method" or "x-faas-kind");
    }

    [Fact]
    public async Task A_failure_carries_its_usage_too()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        await gateway.InstanceAsync(async call =>
        {
            call.WriteFailure("Unhandled");
            call.WriteEnd(failed: true);
            await call.FlushAsync();
        });
        var (answer, body, usage) = await AttemptAsync(gateway, "/attempts/hello");
        Assert.Equal("Crashed", answer.Headers.GetValues("X-Faas-Error").Single());
        Assert.Contains("urn:faas:error:Crashed", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal(InvocationError.Crashed, usage.Outcome);
    }

    [Fact]
    public async Task A_function_that_the_gateway_does_not_know_yet_is_no_verdict_on_the_event()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        using var client = Internal(gateway);
        using var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "http://gateway/attempts/other"), CancellationToken.None);
        Assert.Equal("Unavailable", answer.Headers.GetValues("X-Faas-Error").Single());
    }

    [Fact]
    public async Task Callers_from_outside_cannot_run_attempts()
    {
        await using var gateway = await GatewayFixture.StartAsync(null, Say.Route("hello"));
        await gateway.InstanceAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.PostAsync("/attempts/hello", new ByteArrayContent([]))).Status);
    }

    private static async Task<(HttpResponseMessage Answer, byte[] Body, AttemptedUsage Usage)> AttemptAsync(GatewayFixture gateway, string path, params (string Name, string Value)[] headers)
    {
        using var client = Internal(gateway);
        var request = new HttpRequestMessage(HttpMethod.Post, "http://gateway" + path) { Content = new ByteArrayContent("hi"u8.ToArray()) };
        request.Headers.Add("X-Call-Id", "the-id");
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        var answer = await client.SendAsync(request, CancellationToken.None);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(answer.Headers.Contains("X-Faas-Usage"));
        var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4));
        return (answer, bytes[..^(length + 4)], AttemptedUsage.Read(bytes.AsSpan(bytes.Length - 4 - length, length)));
    }

    private static HttpMessageInvoker Internal(GatewayFixture gateway) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(gateway.Data.GatewaySocket), ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    private sealed record AttemptedUsage(string Id, string Function, string Instance, InvocationError Outcome, int Status)
    {
        public static AttemptedUsage Read(ReadOnlySpan<byte> record)
        {
            Assert.True(UsageFrame.TryRead(record, out var frame));
            var texts = new List<string>();
            for (var origin = frame.Origin; !origin.IsEmpty; origin = origin[(1 + origin[0])..])
            {
                texts.Add(Encoding.UTF8.GetString(origin.Slice(1, origin[0])));
            }

            return new AttemptedUsage(Encoding.UTF8.GetString(frame.InvocationId), texts[0], texts[2], frame.Outcome, frame.Status);
        }
    }
}
