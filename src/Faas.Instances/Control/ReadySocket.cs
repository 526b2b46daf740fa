using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Faas.Instances.Folders;

namespace Faas.Instances.Control;

/// <summary>Waits for a stem to call and prove with its token that it is the one that was started: no polling, no ports.</summary>
internal sealed class ReadySocket : IDisposable
{
    private readonly Socket _listener;
    private readonly byte[] _expected;

    public ReadySocket(InstanceFolder folder, string token)
    {
        _expected = Encoding.ASCII.GetBytes(token + "\n");
        _listener = InstanceFolder.Listen(folder.ReadySocket);
    }

    /// <summary>Completes when the right caller has called. Wrong callers are turned away.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var caller = await _listener.AcceptAsync(cancellationToken);
            if (await IsRightAsync(caller, cancellationToken))
            {
                return;
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task<bool> IsRightAsync(Socket caller, CancellationToken cancellationToken)
    {
        var received = new byte[_expected.Length];
        var length = 0;
        try
        {
            while (length < received.Length)
            {
                var count = await caller.ReceiveAsync(received.AsMemory(length), cancellationToken);
                if (count == 0)
                {
                    return false;
                }

                length += count;
            }
        }
        catch (SocketException)
        {
            return false;
        }

        return CryptographicOperations.FixedTimeEquals(received, _expected);
    }
}
