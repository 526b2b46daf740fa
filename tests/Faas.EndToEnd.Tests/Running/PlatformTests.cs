namespace Faas.EndToEnd.Tests.Running;

/// <summary>A test class on a shared platform. After each of its tests everybody else's function still answers.</summary>
public abstract class PlatformTests(SharedPlatform shared) : IAsyncLifetime
{
    internal Platform Platform => shared.Platform;

    internal ManagementApi Admin => Platform.Admin;

    /// <summary>Ends with the test.</summary>
    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (TestContext.Current.TestState?.Result is not TestResult.Skipped)
        {
            Assert.Equal("hello", await Platform.CallAsync("hello").TextAsync());
        }
    }
}
