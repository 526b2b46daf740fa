namespace Faas.Simulation.Running;

/// <summary>A fault that the platform is not made for, so that a schedule must fail: shows that the promises are really checked.</summary>
internal enum Sabotage
{
    None,

    /// <summary>Now and then a caller does not give its slot back.</summary>
    KeepSlots,

    /// <summary>Nobody tells the controller that somebody waits.</summary>
    LoseWishes,

    /// <summary>The gateway is not told that an instance is awake again.</summary>
    LoseThaws,

    /// <summary>The controller is not told that an instance is drained.</summary>
    LoseDrained,

    /// <summary>The controller takes every answer to a freeze for a yes.</summary>
    FreezeTheBusy,

    /// <summary>The controller takes a refused drain for a drained instance.</summary>
    StopTheBusy,

    /// <summary>The gateway never hears that an instance is ready.</summary>
    LoseReady,

    /// <summary>The machine has less memory than the controller believes.</summary>
    ShrinkMemory,

    /// <summary>What was sent ahead stays where it is, however long the one before it runs.</summary>
    NeverRecall,

    /// <summary>When an instance dies the gateway takes everything for not begun.</summary>
    GiveBackTheBegun,

    /// <summary>When an instance dies the gateway takes what stands behind a moved call for not begun, although that one's End may be on its way.</summary>
    TrustTheMoved,

    /// <summary>Workers begin whatever comes.</summary>
    HoldNothingBack,
}
