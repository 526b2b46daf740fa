using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Connections;

/// <summary>Reads the (name, value) pairs at the end of a Request.</summary>
internal static class RequestHeaders
{
    /// <summary>Those that the function takes, and of a traced invocation its <c>traceparent</c>, which is the first.</summary>
    public static (List<KeyValuePair<string, string>> Headers, string? TraceParent) Read(ref PayloadReader reader, bool areTaken, bool isTraced)
    {
        if (areTaken)
        {
            var headers = Read(ref reader);
            return (headers, isTraced && headers.Count > 0 ? headers[0].Value : null);
        }

        if (!isTraced || reader.U16() == 0)
        {
            return ([], null);
        }

        reader.TextBytes();
        return ([], reader.Text());
    }

    private static List<KeyValuePair<string, string>> Read(ref PayloadReader reader)
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
