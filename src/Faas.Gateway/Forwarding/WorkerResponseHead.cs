using System.Collections.Frozen;
using System.Text;
using Faas.Gateway.Invocation;
using Faas.WorkerProtocol;
using Microsoft.Net.Http.Headers;

namespace Faas.Gateway.Forwarding;

/// <summary>Puts a Response frame's status and headers on the caller's response.</summary>
internal static class WorkerResponseHead
{
    // The names that functions mostly send, so that reading one allocates nothing.
    private static readonly FrozenDictionary<string, string> Known = new[]
    {
        HeaderNames.ContentType, HeaderNames.CacheControl, HeaderNames.SetCookie, HeaderNames.Location, HeaderNames.ETag, HeaderNames.LastModified,
        HeaderNames.ContentEncoding, HeaderNames.ContentDisposition, HeaderNames.ContentLanguage, HeaderNames.Vary, HeaderNames.AccessControlAllowOrigin,
        HeaderNames.AccessControlAllowHeaders, HeaderNames.AccessControlAllowMethods, HeaderNames.Expires, HeaderNames.Date, HeaderNames.Server,
    }.ToFrozenDictionary(name => name, StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> KnownByName = Known.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Reads the frame. Returns its fixed part.</summary>
    /// <exception cref="WorkerProtocolException">The frame is malformed.</exception>
    /// <exception cref="InvalidOperationException">A header has characters that HTTP doesn't allow.</exception>
    public static ResponseHead Apply(ReadOnlySpan<byte> payload, HttpResponse response)
    {
        var reader = new PayloadReader(payload);
        var head = ResponseHead.Read(ref reader);
        if (head.Status is < 200 or > 599)
        {
            throw new InvalidOperationException($"{head.Status} is not a status that a function can answer with");
        }

        response.StatusCode = head.Status;
        var count = reader.U16();
        for (var i = 0; i < count; i++)
        {
            var name = NameOf(reader.TextBytes());
            var value = reader.Text();
            if (name.Length > 0 && HeaderRules.ReachesCaller(name))
            {
                response.Headers.Append(name, value);
            }
        }

        if (head.ContentLength >= 0 && head.Status != StatusCodes.Status204NoContent)
        {
            response.ContentLength = head.ContentLength;
        }

        return head;
    }

    private static string NameOf(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[64];
        if (name.Length <= text.Length && Encoding.UTF8.TryGetChars(name, text, out var length) && KnownByName.TryGetValue(text[..length], out var known))
        {
            return known;
        }

        return Encoding.UTF8.GetString(name);
    }
}
