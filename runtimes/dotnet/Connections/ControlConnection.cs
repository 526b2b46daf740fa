using System.Net.Sockets;
using System.Text.Json;
using Faas.Runtime.DotNet.Lifecycle;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>The controller's connection: specialize, shut down. Log lines and answers leave through <see cref="ControlLine"/>.</summary>
internal sealed class ControlConnection(Worker worker, Socket socket, FrameReader frames)
{
    public void Run()
    {
        worker.Control.Attach(socket);
        try
        {
            while (frames.TryRead(out var header, out var payload))
            {
                Handle(header.Type, payload.Span);
            }
        }
        finally
        {
            worker.Control.Detach(socket);
        }
    }

    private void Handle(FrameType type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case FrameType.Specialize:
                var answer = worker.Specialization.Apply(Read(payload, WorkerJson.Default.SpecializeMessage));
                worker.Control.Send(FrameType.Specialized, JsonSerializer.SerializeToUtf8Bytes(answer, WorkerJson.Default.SpecializedMessage));
                worker.Specialization.Anticipate();
                break;
            case FrameType.Shutdown:
                worker.Running.Drain(TimeSpan.FromMilliseconds(Read(payload, WorkerJson.Default.ShutdownMessage).GraceMs));
                break;
            default:
                throw new WorkerProtocolException($"a {type} frame has no place on a control connection");
        }
    }

    private static T Read<T>(ReadOnlySpan<byte> payload, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(payload, type) ?? throw new WorkerProtocolException("a message was null");
        }
        catch (JsonException exception)
        {
            throw new WorkerProtocolException("a message was not the JSON it should be", exception);
        }
    }
}
