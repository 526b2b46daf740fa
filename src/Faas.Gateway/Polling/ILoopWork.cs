namespace Faas.Gateway.Polling;

/// <summary>Something to do on the thread of an <see cref="EventLoop"/>.</summary>
internal interface ILoopWork
{
    /// <summary>Does it. Must not block.</summary>
    void Run();
}
