namespace Faas.Runtime.DotNet.Lifecycle;

/// <summary>Tells the garbage collector the function's memory limit, which a stem does not know when its runtime starts.</summary>
internal static class HeapLimit
{
    /// <summary>Share of the limit for managed objects, in percent: .NET's own default in containers. The rest is code, stacks and native memory.</summary>
    private const int HeapPercent = 75;

    public static void Set(int memoryMiB)
    {
        AppContext.SetData("GCHeapHardLimit", ((ulong)memoryMiB << 20) / 100 * HeapPercent);
        try
        {
            GC.RefreshMemoryLimit();
        }
        catch (InvalidOperationException)
        {
            // The heap is larger already, or a limit of the sandbox is lower; that one holds then.
        }
    }
}
