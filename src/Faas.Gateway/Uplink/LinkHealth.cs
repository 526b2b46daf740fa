namespace Faas.Gateway.Uplink;

/// <summary>Since when there has been no link to the controller.</summary>
internal sealed class LinkHealth(TimeProvider clock)
{
    private long _downSince = clock.GetTimestamp();

    /// <summary>How long the link has been down; zero while it is up.</summary>
    public TimeSpan DownFor
    {
        get
        {
            var since = Volatile.Read(ref _downSince);
            return since < 0 ? TimeSpan.Zero : clock.GetElapsedTime(since);
        }
    }

    /// <summary>Whether there is no link now.</summary>
    public bool IsDown => Volatile.Read(ref _downSince) >= 0;

    /// <summary>The controller answered.</summary>
    public void Up() => Volatile.Write(ref _downSince, -1);

    /// <summary>The stream ended.</summary>
    public void Down() => Volatile.Write(ref _downSince, clock.GetTimestamp());
}
