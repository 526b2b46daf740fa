namespace Faas.Instances.Drivers;

/// <summary>The power to run a user's container image. Docker has it.</summary>
internal interface IRunsImages
{
    /// <summary>Gets the image if it is not on this machine.</summary>
    /// <exception cref="DriverException">It cannot be had; the message says what to do.</exception>
    Task PullAsync(string image, CancellationToken cancellationToken);

    /// <summary>Reports the sandbox's output line by line (text, then <c>stdout</c> or <c>stderr</c>) until the result is disposed.</summary>
    Task<IAsyncDisposable> FollowOutputAsync(Launched sandbox, Action<string, string> line, CancellationToken cancellationToken);

    /// <summary>
    /// Sends the signal by which the image wants to be asked to end, SIGTERM unless it names another. Does not wait. Note that the kernel ignores a signal to
    /// a sandbox's first process for which that has no handler.
    /// </summary>
    Task AskToStopAsync(Launched sandbox, CancellationToken cancellationToken);
}
