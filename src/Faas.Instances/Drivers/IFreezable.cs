namespace Faas.Instances.Drivers;

/// <summary>
/// The power to freeze sandboxes, which a driver has whose sandboxes are control groups. It removes frozen ones as well as others:
/// <see cref="IInstanceDriver.RemoveAsync"/> thaws first, because on version 1 even a SIGKILL waits until then.
/// </summary>
internal interface IFreezable
{
    /// <summary>Whether it works on this machine.</summary>
    bool CanFreeze { get; }

    /// <summary>The sandbox's control group, without asking any engine; null when there is none or it is not to be found.</summary>
    ControlGroup? GroupOf(Launched sandbox);
}
