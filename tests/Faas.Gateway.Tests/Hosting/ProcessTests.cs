using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Faas.Gateway.Tests.Usage;
using Faas.Contracts.Hosting;
using Faas.Gateway.Tests.Fakes;

namespace Faas.Gateway.Tests.Hosting;

/// <summary>The program itself, as a supervisor starts it.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("fgt-proc-").FullName;

    [Fact]
    public async Task It_says_where_it_listens_and_ends_when_its_supervisor_does()
    {
        using var gateway = Start("--data", _root, "--listen", "http://127.0.0.1:0", "--supervised");
        var url = await ReadyAsync(gateway);
        using (var http = new HttpClient())
        {
            Assert.Equal("ok\n", await http.GetStringAsync(url + "/healthz", TestContext.Current.CancellationToken));
        }

        gateway.StandardInput.Close();
        Assert.Equal(0, await EndAsync(gateway));
        Assert.Empty(Directory.GetFiles(new DataFolder(_root).Journal));
    }

    [Theory]
    [InlineData("--listen is missing", "--data", "DATA")]
    [InlineData("must be like http://127.0.0.1:8080", "--data", "DATA", "--listen", "ftp://x")]
    [InlineData("'--what' is not an option", "--what")]
    [InlineData("cannot be used", "--data", "/proc/nothing", "--listen", "http://127.0.0.1:0")]
    public async Task What_it_cannot_run_with_is_one_line_and_exit_code_78(string expected, params string[] arguments)
    {
        using var gateway = Start([.. arguments.Select(argument => argument == "DATA" ? _root : argument)]);
        var error = await gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(78, await EndAsync(gateway));
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(expected.Replace("--listen is", "--listen URL is", StringComparison.Ordinal), error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_is_one_line_and_exit_code_78()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        using var gateway = Start("--data", _root, "--listen", $"http://{other.LocalEndpoint}");
        var error = await gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(78, await EndAsync(gateway));
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("is taken by another program", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_gateway_on_a_folder_is_refused_and_leaves_the_first_ones_journal_alone()
    {
        using var first = Start("--data", _root, "--listen", "http://127.0.0.1:0", "--supervised");
        await ReadyAsync(first);
        var journal = Directory.GetFiles(new DataFolder(_root).Journal);
        Assert.Single(journal);
        using var second = Start("--data", _root, "--listen", "http://127.0.0.1:0");
        var error = await second.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(78, await EndAsync(second));
        Assert.Contains("another gateway is running", error, StringComparison.Ordinal);
        Assert.Equal(journal, Directory.GetFiles(new DataFolder(_root).Journal));
        first.StandardInput.Close();
        await EndAsync(first);
    }

    [Fact]
    public async Task Kill_minus_nine_loses_no_usage_record_of_an_answer_that_was_given()
    {
        var data = new DataFolder(_root);
        Directory.CreateDirectory(data.Run);
        await using var worker = new FakeWorker(Path.Combine(data.Run, "w.sock"), call => call.AnswerAsync().AsTask());
        await using var controller = await FakeController.StartAsync(data, controller =>
        {
            controller.Picture.AddRange([Say.Route(), Say.Ready("i1", worker.Path)]);
            controller.Acknowledges = false;
        });
        using var gateway = Start("--data", _root, "--listen", "http://127.0.0.1:0", "--supervised");
        var url = await ReadyAsync(gateway);
        var ids = new List<string>();
        using (var http = new HttpClient())
        {
            for (var i = 0; i < 200; i++)
            {
                using var answer = await http.GetAsync(url + "/function/hello", TestContext.Current.CancellationToken);
                ids.Add(answer.Headers.GetValues("X-Call-Id").Single());
            }
        }

        gateway.Kill();
        await EndAsync(gateway);
        controller.Acknowledges = true;
        using var next = Start("--data", _root, "--listen", "http://127.0.0.1:0", "--supervised");
        await ReadyAsync(next);
        await GatewayFixture.EventuallyAsync(() => Directory.GetFiles(data.Journal).Length == 1);   // The killed boot's segment is acknowledged and gone.
        var received = controller.Batches.DistinctBy(batch => (batch.Boot, batch.Segment, batch.From, batch.To)).SelectMany(UsageEntries.Of).Select(usage => usage.InvocationId);
        Assert.Equal(ids, received);
        next.StandardInput.Close();
        await EndAsync(next);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "faas-gateway.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        return Process.Start(start)!;
    }

    private static async Task<string> ReadyAsync(Process gateway)
    {
        var line = await gateway.StandardOutput.ReadLineAsync().WaitAsync(Patience.Limit);
        Assert.StartsWith("ready http://127.0.0.1:", line, StringComparison.Ordinal);
        return line!["ready ".Length..];
    }

    private static async Task<int> EndAsync(Process gateway)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        try
        {
            await gateway.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            gateway.Kill();
            throw;
        }

        return gateway.ExitCode;
    }
}
