using System.Buffers.Binary;
using Faas.Contracts.Hosting;
using Faas.Link;

namespace Faas.LoadTests.Metering;

/// <summary>Looks into the gateway's journal for records that the controller has not acknowledged.</summary>
internal sealed class JournalWatch(DataFolder data)
{
    /// <summary>Where a segment's header has the offset up to which it is acknowledged, and where its records begin.</summary>
    private const int AckedAt = 8;
    private const int HeaderLength = 64;

    /// <summary>Above the longest pause before a killed part is started again (10 s), twice, on a machine that is busy with other things.</summary>
    private static readonly TimeSpan EmptyWithin = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until every record is acknowledged, which the controller does once it is durable. False when that takes too long.</summary>
    public async Task<bool> UntilIngestedAsync(CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        while (Waiting() > 0)
        {
            if (time.GetElapsedTime(began) > EmptyWithin)
            {
                return false;
            }

            await Task.Delay(LookEvery, time, cancellationToken);
        }

        return true;
    }

    /// <summary>Records that wait.</summary>
    public int Waiting() => Directory.EnumerateFiles(data.Journal, "*" + JournalFile.Extension).Sum(WaitingIn);

    private static int WaitingIn(string segment)
    {
        ReadOnlySpan<byte> bytes;
        try
        {
            using var file = new FileStream(segment, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var content = new byte[file.Length];
            file.ReadExactly(content);
            bytes = content;
        }
        catch (FileNotFoundException)
        {
            return 0;   // all of it is acknowledged
        }

        // Records begin at multiples of 8. What a kill has cut off is between them, and has no checksum that fits.
        var waiting = 0;
        for (var at = bytes.Length > HeaderLength ? BinaryPrimitives.ReadInt32LittleEndian(bytes[AckedAt..]) : bytes.Length; at < bytes.Length;)
        {
            if (UsageFrame.TryRead(bytes[at..], out var frame))
            {
                waiting++;
                at += frame.Length;
            }
            else
            {
                at += 8;
            }
        }

        return waiting;
    }
}
