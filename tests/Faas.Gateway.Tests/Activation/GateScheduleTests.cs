using Faas.Contracts.Invocations;
using Faas.Gateway.Activation;
using Faas.Gateway.Routing;
using Faas.Gateway.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace Faas.Gateway.Tests.Activation;

/// <summary>
/// Random schedules against a gate. After each step: nobody waits beside a free slot, slots in use are those that are held, and who should have been
/// served first was. At the end: everybody was answered.
/// </summary>
public sealed class GateScheduleTests
{
    private const int Steps = 400;

    [Fact]
    public async Task No_schedule_loses_a_wake_up_or_a_slot_or_lets_a_request_wait_beside_a_free_slot()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            await new Schedule(seed).RunAsync();
        }
    }

    [Fact]
    public async Task Under_real_concurrency_every_request_is_answered_and_no_slot_leaks()
    {
        var events = new RecordedEvents();
        var gate = new Gate("r", events, TimeProvider.System);
        var route = new FunctionRoute(Say.Route(line: 100_000).Route, gate);
        var instances = new List<Instance>();
        for (var i = 0; i < 4; i++)
        {
            instances.Add(new Instance($"i{i}", gate, 2, default, TimeProvider.System.GetTimestamp()));
            gate.Add(instances[i]);
        }

        var running = 0;
        var most = 0;
        var served = 0;
        var callers = Enumerable.Range(0, 16).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 2000; i++)
            {
                using var cancel = new CancellationTokenSource();
                var acquiring = gate.AcquireAsync(new SlotWish(route, TimeProvider.System.GetTimestamp()), cancel.Token);
                if (random.Next(4) == 0)
                {
                    await cancel.CancelAsync();
                }

                var acquired = await acquiring.AsTask().WaitAsync(Patience.Limit);
                if (acquired.Instance is { } instance)
                {
                    InterlockedMax(ref most, Interlocked.Increment(ref running));
                    await Task.Yield();
                    Interlocked.Decrement(ref running);
                    gate.Release(instance, 1);
                    Interlocked.Increment(ref served);
                }
                else
                {
                    Assert.Equal(InvocationError.CallerGone, acquired.Error);
                }
            }
        })).ToList();
        await Task.WhenAll(callers);

        Assert.Equal((0, 0, 8), (gate.Load().Waiting, gate.Load().InUse, gate.Load().Slots));
        Assert.InRange(most, 1, 8);
        Assert.InRange(served, 16 * 2000 / 2, 16 * 2000);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = target; value > seen; seen = target)
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }

    private sealed class Schedule(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly FakeTimeProvider _clock = new();
        private readonly RecordedEvents _events = new();
        private readonly List<(Task<Acquisition> Task, CancellationTokenSource Cancel)> _waiting = [];
        private readonly List<Instance> _held = [];
        private readonly List<Instance> _ready = [];
        private readonly List<Instance> _leaving = [];
        private readonly List<Instance> _frozen = [];
        private Gate _gate = null!;
        private FunctionRoute _route = null!;
        private int _nextInstance;
        private int _nextGate;

        public async Task RunAsync()
        {
            NewGate();
            for (var step = 0; step < Steps; step++)
            {
                Step();
                await CollectAsync();
                Check(step);
            }

            _gate.Close("over");
            foreach (var (task, cancel) in _waiting)
            {
                await task.WaitAsync(Patience.Limit);
                cancel.Dispose();
            }
        }

        private void Step()
        {
            switch (_random.Next(14))
            {
                case < 4:
                    var cancel = new CancellationTokenSource();
                    _waiting.Add((_gate.AcquireAsync(new SlotWish(_route, _clock.GetTimestamp()), cancel.Token).AsTask(), cancel));
                    break;
                case < 7 when _held.Count > 0:
                    Release(_random.Next(_held.Count));
                    break;
                case 7 when _waiting.Count > 0:
                    _waiting[_random.Next(_waiting.Count)].Cancel.Cancel();
                    break;
                case 8:
                    var instance = new Instance($"i{_nextInstance++}", _gate, _random.Next(1, 4), default, _clock.GetTimestamp());
                    _ready.Add(instance);
                    _gate.Add(instance);
                    break;
                case 9 when _ready.Count > 0:
                    TakeAway(_ready[_random.Next(_ready.Count)]);
                    break;
                case 11 when _ready.Count > 0:
                    var idle = _ready[_random.Next(_ready.Count)];
                    idle.Gate.Freeze(idle);
                    if (idle.Gate.UseOf(idle).State == InstanceState.Frozen)
                    {
                        _ready.Remove(idle);
                        _frozen.Add(idle);
                    }

                    break;
                case 12 when _frozen.Count > 0:
                    var cold = _frozen[_random.Next(_frozen.Count)];
                    _frozen.Remove(cold);
                    if (_random.Next(3) == 0)
                    {
                        TakeAway(cold);
                        break;
                    }

                    if (cold.Gate == _gate)
                    {
                        _ready.Add(cold);
                    }

                    cold.Gate.Thaw(cold);
                    break;
                case 10 when _random.Next(5) == 0:
                    var earlier = _gate;
                    NewGate();
                    earlier.SupersedeBy(_gate);
                    break;
            }
        }

        private void TakeAway(Instance instance)
        {
            switch (_random.Next(3))
            {
                case 0:
                    instance.Gate.Drain(instance, onlyIfIdle: false);
                    break;
                case 1:
                    instance.Gate.Condemn(instance, "broken");
                    break;
                default:
                    instance.Gate.Remove(instance);
                    break;
            }

            _ready.Remove(instance);
            _leaving.Add(instance);
        }

        private void Release(int index)
        {
            var instance = _held[index];
            _held.RemoveAt(index);
            instance.Gate.Release(instance, 1);
        }

        private void NewGate()
        {
            _gate = new Gate($"r{_nextGate++}", _events, _clock);
            _route = new FunctionRoute(Say.Route(line: 1000).Route, _gate);
            _ready.Clear();
        }

        /// <summary>Completions are asynchronous, so wait for as many as the gate says it no longer keeps waiting.</summary>
        private async Task CollectAsync()
        {
            await GatewayFixture.EventuallyAsync(() => _waiting.Count(waiter => !waiter.Task.IsCompleted) == _gate.Load().Waiting);
            foreach (var (task, cancel) in _waiting.Where(waiter => waiter.Task.IsCompleted).ToList())
            {
                if ((await task).Instance is { } instance)
                {
                    _held.Add(instance);
                }

                cancel.Dispose();
            }

            _waiting.RemoveAll(waiter => waiter.Task.IsCompleted);
        }

        private void Check(int step)
        {
            var load = _gate.Load();
            var inUseHere = _held.Count(instance => instance.Gate == _gate);
            Assert.True(load.InUse == inUseHere, $"seed {seed}, step {step}: {load.InUse} slots in use, {inUseHere} held");
            var free = _ready.Sum(instance => instance.Slots - instance.Gate.UseOf(instance).InUse);
            Assert.True(load.Waiting == 0 || free == 0, $"seed {seed}, step {step}: {load.Waiting} wait beside {free} free slots");
            Assert.All(_frozen, instance => Assert.True(instance.Gate.UseOf(instance).InUse == 0, $"seed {seed}, step {step}: {instance.Id} is frozen and runs something"));
            foreach (var instance in _leaving.Where(instance => instance.Gate.UseOf(instance) is { InUse: 0, State: InstanceState.Draining }))
            {
                Assert.True(_events.DrainedInstances.Contains(instance), $"seed {seed}, step {step}: {instance.Id} is drained and nobody said so");
            }
        }
    }
}
