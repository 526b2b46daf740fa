using System.Text.Json;
using Faas.Runtime.DotNet.Functions;
using Faas.Runtime.DotNet.Http;
using Faas.Runtime.DotNet.Logging;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Lifecycle;

/// <summary>From stem to function, once.</summary>
internal sealed class Specialization(Worker worker)
{
    private int _begun;

    /// <summary>Loads the function; the answer says whether this instance is ready. A second call is refused whatever came of the first.</summary>
    public SpecializedMessage Apply(SpecializeMessage spec)
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0)
        {
            return Refuse("AlreadySpecialized", "this instance has been specialized before; it is one function for good");
        }

        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        try
        {
            Become(spec);
            return new SpecializedMessage { Ok = true, InitMs = Math.Round(time.GetElapsedTime(start).TotalMilliseconds, 3) };
        }
        catch (FunctionLoadException exception)
        {
            return Refuse(exception.Error, exception.Message, exception.InnerException);
        }
        catch (Exception exception)
        {
            return Refuse("LoadFailed", $"{exception.GetType().FullName}: {exception.Message}", exception);
        }
        finally
        {
            ConsoleCapture.FlushOutside();
        }
    }

    /// <summary>
    /// Called when the controller has its answer: while the gateway connects and sends the first request, this thread does some of what that
    /// request would otherwise have to wait for.
    /// </summary>
    public void Anticipate()
    {
        try
        {
            worker.Function?.Anticipate();
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or JsonException or TypeLoadException
            or FileNotFoundException or FileLoadException or BadImageFormatException or ArgumentException)
        {
            // The invocation that needs it fails with the same words, and there somebody hears them.
        }
    }

    private void Become(SpecializeMessage spec)
    {
        if (!worker.IsRehearsal)
        {
            FunctionEnvironment.Set(spec, worker.Environment.CodeDirectory);
            Environment.CurrentDirectory = worker.Environment.CodeDirectory;
        }

        if (spec.Kind == "http")
        {
            worker.Become(HttpFunction.Start(worker, spec));
            return;
        }

        if (!worker.IsRehearsal)
        {
            HeapLimit.Set(spec.MemoryMiB);
        }

        worker.Become(FunctionLoader.Load(spec, worker.Environment.CodeDirectory));
    }

    private static SpecializedMessage Refuse(string error, string message, Exception? cause = null) =>
        new() { Ok = false, Error = error, Message = message, Trace = cause is null ? [] : FunctionTrace.Of(cause) };
}
