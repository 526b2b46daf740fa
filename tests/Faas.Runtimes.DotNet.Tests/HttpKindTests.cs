using System.Net.Sockets;
using System.Text;
using Faas.Runtimes.Tests;
using Faas.WorkerProtocol;

namespace Faas.Runtimes.DotNet.Tests;

public sealed class HttpKindTests
{
    /// <summary>Serves echoes over raw sockets: what comes in goes back after "echo:", at the caller's half-close comes "bye".</summary>
    private const string Server = """
        import os, signal, socket, sys, threading, time
        print("starting in", os.path.basename(os.getcwd()), os.environ["MINE"], os.environ["FAAS_FUNCTION"], os.environ.get("FAAS_TOKEN"), flush=True)
        print("trouble", file=sys.stderr, flush=True)
        def stop(*_):
            print("terminating", flush=True)
            os._exit(3)
        signal.signal(signal.SIGTERM, signal.SIG_IGN if "--stubborn" in sys.argv else stop)
        listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=0 if "--late" in sys.argv else 64)
        def serve(c):
            while True:
                data = c.recv(65536)
                if not data:
                    print("no more", flush=True)
                    c.sendall(b"bye")
                    c.close()
                    return
                if data == b"exit":
                    sys.stdout.write("last words"); sys.stdout.flush()
                    os._exit(9)
                if data == b"reset":
                    c.close()
                    return
                c.sendall(b"echo:" + data if len(data) < 100 else data)
        while "--late" in sys.argv and not os.path.exists("go"):
            time.sleep(0.01)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """;

    [Fact]
    public async Task Bytes_pass_unchanged_both_ways_and_half_closing_is_passed_on()
    {
        await using var worker = await StartAsync();
        using var caller = await CallAsync(worker);
        Assert.Equal("echo:hello", await SayAsync(worker, caller, "hello"));
        Assert.Equal("echo:again", await SayAsync(worker, caller, "again"));
        caller.Shutdown(SocketShutdown.Send);
        Assert.Equal("bye", await HearAsync(worker, caller));
        Assert.Equal("", await HearAsync(worker, caller));
    }

    [Fact]
    public async Task Large_amounts_pass_in_both_directions_at_once()
    {
        await using var worker = await StartAsync();
        using var caller = await CallAsync(worker);
        var sent = new byte[5_000_000];
        new Random(1).NextBytes(sent);
        var sending = SendAllAsync();
        var received = new MemoryStream();
        var buffer = new byte[65536];
        int count;
        while ((count = await caller.ReceiveAsync(buffer, worker.OutOfPatience)) > 0)
        {
            received.Write(buffer, 0, count);
        }

        await sending;
        Assert.True(received.ToArray().AsSpan(0, sent.Length).SequenceEqual(sent));

        async Task SendAllAsync()
        {
            for (var rest = sent.AsMemory(); !rest.IsEmpty;)
            {
                rest = rest[await caller.SendAsync(rest, worker.OutOfPatience)..];
            }

            caller.Shutdown(SocketShutdown.Send);
        }
    }

    [Fact]
    public async Task A_caller_that_hangs_up_is_gone_for_the_program_too()
    {
        await using var worker = await StartAsync();
        using (var caller = await CallAsync(worker))
        {
            await caller.SendAsync("hello"u8.ToArray(), worker.OutOfPatience);
        }

        await worker.Control.WaitForLogAsync("no more");
    }

    [Fact]
    public async Task Callers_wait_for_a_program_that_is_late_to_accept_and_others_are_not_held_up()
    {
        await using var worker = await StartAsync("--late");
        var callers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => CallAsync(worker)));   // more than the program's backlog takes
        foreach (var caller in callers)
        {
            await caller.SendAsync("hello"u8.ToArray(), worker.OutOfPatience);
        }

        worker.WriteCode("go", "");
        foreach (var caller in callers)
        {
            Assert.Equal("echo:hello", await HearAsync(worker, caller));
            caller.Dispose();
        }
    }

    [Fact]
    public async Task Many_callers_are_relayed_side_by_side_and_one_that_breaks_disturbs_nobody()
    {
        await using var worker = await StartAsync();
        var callers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => CallAsync(worker)));
        using var broken = await CallAsync(worker);
        await broken.SendAsync("reset"u8.ToArray(), worker.OutOfPatience);
        Assert.Equal("", await HearAsync(worker, broken));
        var answers = await Task.WhenAll(callers.Select((caller, i) => SayAsync(worker, caller, $"n{i}")));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => $"echo:n{i}"), answers);
        Array.ForEach(callers, caller => caller.Dispose());
    }

    [Fact]
    public async Task Output_becomes_log_lines_without_an_invocation_and_the_environment_is_the_functions()
    {
        await using var worker = await StartAsync();
        var line = await worker.Control.WaitForLogAsync("starting");
        Assert.Equal(("starting in code my own hello None", "", false), (line.Text, line.InvocationId, line.IsError));
        Assert.True((await worker.Control.WaitForLogAsync("trouble")).IsError);
    }

    [Fact]
    public async Task When_the_program_ends_the_worker_ends_with_its_code_after_its_last_words()
    {
        await using var worker = await StartAsync();
        using var caller = await CallAsync(worker);
        await caller.SendAsync("exit"u8.ToArray(), worker.OutOfPatience);
        Assert.Equal(9, await worker.ExitCodeAsync());
        await worker.Control.WaitForLogAsync("last words");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SIGTERM_and_Shutdown_reach_the_program(bool bySignal)
    {
        await using var worker = await StartAsync();
        await (bySignal ? worker.SignalAsync("TERM") : worker.Control.ShutdownAsync(60_000));
        Assert.Equal(3, await worker.ExitCodeAsync());
        await worker.Control.WaitForLogAsync("terminating");
    }

    [Fact]
    public async Task A_program_that_ignores_SIGTERM_is_killed_when_grace_is_over()
    {
        await using var worker = await StartAsync("--stubborn");
        await worker.Control.ShutdownAsync(50);
        Assert.Equal(137, await worker.ExitCodeAsync());
        await worker.Control.WaitForLogAsync("the program did not end within 0.05 s after SIGTERM and was killed");
    }

    [Theory]
    [InlineData("InitFailed", "ended with code 4 before it listened on PORT; it wrote last: no luck", "sh", "-c", "echo no luck; exit 4")]
    [InlineData("LoadFailed", "neither in PATH nor in the code", "no-such-program")]
    [InlineData("LoadFailed", "the code has no file './missing'", "./missing")]
    [InlineData("LoadFailed", "cannot be started", "./server.py")]
    public async Task A_program_that_does_not_start_says_why(string error, string message, params string[] command)
    {
        await using var worker = await DotNetWorker.StartAsync();
        worker.WriteCode("server.py", Server);
        var answer = await worker.Control.SpecializeAsync(Spec(command));
        Assert.Equal((false, error), (answer.Ok, answer.Error));
        Assert.Contains(message, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_in_the_code_can_be_the_command_and_an_HTTP_server_answers_through_the_socket()
    {
        await using var worker = await DotNetWorker.StartAsync();
        worker.WriteCode("index.html", "<p>served</p>");
        worker.WriteCode("serve", "#!/bin/sh\nexec python3 -m http.server --bind 127.0.0.1 $PORT\n");
        File.SetUnixFileMode(Path.Combine(worker.Code, "serve"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var answer = await worker.Control.SpecializeAsync(Spec("./serve"));
        Assert.True(answer.Ok, answer.Message);
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, _) => new NetworkStream(await CallAsync(worker), ownsSocket: true),
        });
        Assert.Equal("<p>served</p>", await client.GetStringAsync(new Uri("http://function/index.html"), worker.OutOfPatience));
    }

    private static async Task<WorkerHarness> StartAsync(params string[] arguments)
    {
        var worker = await DotNetWorker.StartAsync();
        worker.WriteCode("server.py", Server);
        var answer = await worker.Control.SpecializeAsync(Spec(["python3", "server.py", .. arguments]));
        Assert.True(answer.Ok, answer.Message);
        return worker;
    }

    private static SpecializeMessage Spec(params string[] command) => new()
    {
        Function = "hello",
        Revision = "hello-1",
        Instance = "i-1",
        Kind = "http",
        Command = command,
        MemoryMiB = 256,
        TimeoutMs = 30_000,
        Concurrency = 32,
        Env = new Dictionary<string, string> { ["MINE"] = "my own" },
    };

    private static async Task<Socket> CallAsync(WorkerHarness worker)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(worker.Sockets, "http.sock")), worker.OutOfPatience);
        return socket;
    }

    private static async Task<string> SayAsync(WorkerHarness worker, Socket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), worker.OutOfPatience);
        return await HearAsync(worker, socket);
    }

    private static async Task<string> HearAsync(WorkerHarness worker, Socket socket)
    {
        var buffer = new byte[65536];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, worker.OutOfPatience));
    }
}
