using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Simulator;

/// <summary>One function while a policy runs over its calls: its history, its instance, and what they came to.</summary>
internal sealed class FunctionRun(TraceFunction function, PolicyRun policy, bool outward)
{
    private readonly IdleHistory _history = new(policy.HistoryCapacity);
    private MinuteWindow _window;
    private bool _isPrewarmed;
    private double _startedMinutes;

    public TraceFunction Function => function;

    public double MemoryMiB => function.MemoryMiB;

    public bool IsLoaded { get; private set; }

    /// <summary>The last minute with a call; -1 before the first.</summary>
    public int LastUse { get; private set; } = -1;

    /// <summary>Invocations since it was last without an instance.</summary>
    public long Frequency { get; private set; }

    public double ClockAtUse { get; private set; }

    public int Cold { get; private set; }

    public int Prewarms { get; private set; }

    public int WastedPrewarms { get; private set; }

    public int IdleMinutes { get; private set; }

    public double IdleGBMin => IdleMinutes * MemoryMiB / 1024;

    /// <summary>With the parts of minutes in which instances were started ahead, which whole minutes leave out.</summary>
    public double IdleGBMinWithStarts => (IdleMinutes + _startedMinutes) * MemoryMiB / 1024;

    public bool IsCalled(int minute) => function.CallsPerMinute[minute] > 0;

    /// <summary>Whether the plan wants no instance any more.</summary>
    public bool IsOver(int minute) => IsLoaded && !_window.Covers(minute - LastUse);

    /// <summary>Whether its pre-warm window begins in this minute.</summary>
    public bool IsPrewarmDue(int minute) => !IsLoaded && LastUse >= 0 && _window.Covers(minute - LastUse) && !_window.Covers(minute - LastUse - 1);

    public void Prewarm()
    {
        (IsLoaded, _isPrewarmed) = (true, true);
        Prewarms++;
        _startedMinutes += _window.StartedMinutes;
    }

    public void Unload()
    {
        WastedPrewarms += _isPrewarmed ? 1 : 0;
        (IsLoaded, _isPrewarmed, Frequency) = (false, false, 0);
    }

    public void Call(int minute, double clock)
    {
        Cold += IsLoaded ? 0 : 1;
        (IsLoaded, _isPrewarmed) = (true, false);
        Frequency += function.CallsPerMinute[minute];
        ClockAtUse = clock;
        if (LastUse >= 0)
        {
            _history.Record(TimeSpan.FromMinutes(minute - LastUse));
        }

        LastUse = minute;
        _window = MinuteWindow.Of(policy.Policy.Plan(_history), outward);
    }

    public void Idle() => IdleMinutes++;
}
