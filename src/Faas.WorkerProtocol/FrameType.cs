namespace Faas.WorkerProtocol;

/// <summary>What a frame carries. Numbers are the wire's; see runtimes/PROTOCOL.md.</summary>
public enum FrameType : byte
{
    /// <summary>First frame of a connection: version, role, token.</summary>
    Hello = 0x01,

    /// <summary>Controller to worker: become this function (JSON).</summary>
    Specialize = 0x10,

    /// <summary>Worker to controller: the answer to <see cref="Specialize"/> (JSON); when it says ok, the instance is ready.</summary>
    Specialized = 0x11,

    /// <summary>Worker to controller: one line of output.</summary>
    Log = 0x12,

    /// <summary>Controller to worker: finish what runs and exit.</summary>
    Shutdown = 0x13,

    /// <summary>Gateway to worker: head of an invocation.</summary>
    Request = 0x20,

    /// <summary>Gateway to worker: a piece of the request's body.</summary>
    RequestBody = 0x21,

    /// <summary>Gateway to worker: nobody waits for this invocation any more.</summary>
    Cancel = 0x23,

    /// <summary>Gateway to worker, first on a new data connection: the answer that was moved goes over this connection.</summary>
    Take = 0x24,

    /// <summary>Gateway to worker, on a shared connection: give this invocation back if it has not begun.</summary>
    Recall = 0x25,

    /// <summary>Worker to gateway: head of the answer.</summary>
    Response = 0x30,

    /// <summary>Worker to gateway: a piece of the answer's body.</summary>
    ResponseBody = 0x31,

    /// <summary>Worker to gateway: the invocation is over and its slot is free; always the last frame of an invocation.</summary>
    End = 0x32,

    /// <summary>Worker to gateway: the function failed (JSON); an <see cref="End"/> follows.</summary>
    Failure = 0x33,

    /// <summary>Worker to gateway, on a shared connection: this answer is long and waits for a connection of its own.</summary>
    Move = 0x34,
}
