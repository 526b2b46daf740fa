using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>Reads the (name, value) pairs at the end of a Request.</summary>
internal static class RequestHeaders
{
    public static List<KeyValuePair<string, string>> Read(ref PayloadReader reader)
    {
        var count = reader.U16();
        var headers = new List<KeyValuePair<string, string>>(count);
        for (var i = 0; i < count; i++)
        {
            headers.Add(new(reader.Text(), reader.Text()));
        }

        return headers;
    }
}
