using System.Net;
using System.Net.Sockets;
using Faas.Gateway.Polling;
using Faas.Gateway.Tests.Fakes;
using Faas.WorkerProtocol.Polling;
using Microsoft.Extensions.Logging.Abstractions;

namespace Faas.Gateway.Tests.Polling;

public sealed class EventLoopTests : IDisposable
{
    private readonly EventLoop _loop = new("test", NullLogger.Instance);

    public void Dispose() => _loop.Dispose();

    [Fact]
    public async Task Work_that_is_posted_runs_on_the_loops_thread()
    {
        Assert.Null(EventLoop.Current);
        Assert.Same(_loop, await OnLoopAsync(() => EventLoop.Current));
    }

    [Fact]
    public async Task Work_for_the_end_of_a_batch_runs_after_all_of_it_even_what_such_work_adds()
    {
        var order = new List<string>();
        var done = new TaskCompletionSource();
        await OnLoopAsync(() =>
        {
            _loop.AtEnd(new Work(() =>
            {
                order.Add("end");
                _loop.AtEnd(new Work(() =>
                {
                    order.Add("end of the end");
                    done.SetResult();
                }));
            }));
            order.Add("batch");
            return true;
        });
        await done.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(["batch", "end", "end of the end"], order);
    }

    [Fact]
    public async Task Work_that_fails_does_not_end_the_loop()
    {
        _loop.Post(new Work(() => throw new InvalidOperationException("on purpose")));
        Assert.True(await OnLoopAsync(() => true));
    }

    [Fact]
    public async Task A_socket_that_fails_hears_of_it_and_others_go_on()
    {
        var (one, far) = Pair();
        var failing = new Listening(_loop, one) { Fails = true };
        var (other, otherFar) = Pair();
        var healthy = new Listening(_loop, other);
        _loop.Watch(failing);
        _loop.Watch(healthy);
        far.Send([1]);
        Assert.Equal("on purpose", (await failing.Fault.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken)).Message);
        otherFar.Send([1]);
        await healthy.Heard(Epoll.Readable);
        GC.KeepAlive(far);
    }

    [Fact]
    public async Task A_socket_that_fails_to_hear_of_its_failure_does_not_end_the_loop()
    {
        var (near, far) = Pair();
        var failing = new Listening(_loop, near) { Fails = true };
        _loop.Watch(failing);
        far.Send([1]);
        await failing.Fault.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        far.Send([1]);   // it hears of this failure, too, and throws: its task has ended
        await GatewayFixture.EventuallyAsync(() => failing.Faults == 2);
        Assert.True(await OnLoopAsync(() => true));
        GC.KeepAlive(far);
    }

    [Fact]
    public async Task The_end_of_the_other_side_is_told_and_writing_only_to_who_asks()
    {
        var (near, far) = Pair();
        var socket = new Listening(_loop, near);
        _loop.Watch(socket);
        far.Send([1]);
        await socket.Heard(Epoll.Readable);
        Assert.Equal(0u, socket.All & Epoll.Writable);
        _loop.WatchWriting(socket);
        await socket.Heard(Epoll.Writable);
        far.Dispose();
        await socket.Heard(Epoll.PeerClosed);
    }

    [Fact]
    public async Task A_socket_that_was_forgotten_within_a_batch_hears_nothing_of_it()
    {
        // Both are readable when the loop comes to look, and whichever is first forgets the other, whose place a third takes at once.
        var (one, oneFar) = Pair();
        var (two, twoFar) = Pair();
        var (three, threeFar) = Pair();   // whose far end must not be collected: its end would be heard
        var third = new Listening(_loop, three);
        var first = new Listening(_loop, one);
        var second = new Listening(_loop, two);
        var isForgotten = false;
        void Forget(Listening other)
        {
            if (!isForgotten)
            {
                isForgotten = true;
                _loop.Forget(other);
                _loop.Watch(third);
            }
        }

        first.Then = () => Forget(second);
        second.Then = () => Forget(first);
        oneFar.Send([1]);
        twoFar.Send([1]);
        await OnLoopAsync(() =>
        {
            _loop.Watch(first);
            _loop.Watch(second);
            return true;
        });
        await GatewayFixture.EventuallyAsync(() => first.All + second.All != 0);
        await OnLoopAsync(() => true);
        Assert.True(first.All == 0 || second.All == 0);
        Assert.Equal(0u, third.All);
        GC.KeepAlive(threeFar);
    }

    private async Task<T> OnLoopAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(new Work(() => done.SetResult(work())));
        return await done.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
    }

    private static (Socket Near, Socket Far) Pair()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        far.Connect(listener.LocalEndPoint!);
        return (listener.Accept(), far);
    }

    private sealed class Work(Action action) : ILoopWork
    {
        public void Run() => action();
    }

    private sealed class Listening(EventLoop loop, Socket socket) : PolledSocket(loop, socket)
    {
        private uint _all;
        private int _faults;

        public bool Fails { get; init; }

        public Action? Then { get; set; }

        public TaskCompletionSource<Exception> Fault { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public uint All => Volatile.Read(ref _all);

        public int Faults => Volatile.Read(ref _faults);

        public Task Heard(uint events) => GatewayFixture.EventuallyAsync(() => (All & events) != 0);

        public override void OnReady(uint events)
        {
            if (Fails)
            {
                throw new InvalidOperationException("on purpose");
            }

            Volatile.Write(ref _all, _all | events);
            Then?.Invoke();
        }

        public override void OnFault(Exception exception)
        {
            Interlocked.Increment(ref _faults);
            Fault.SetResult(exception);
        }
    }
}
