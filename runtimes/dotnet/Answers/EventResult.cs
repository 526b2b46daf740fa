using System.Text;
using System.Text.Json;
using Faas.Functions;
using Faas.Runtime.DotNet.Functions;

namespace Faas.Runtime.DotNet.Answers;

/// <summary>The answer to a raw event: the returned value as one JSON value, with no inference.</summary>
internal static class EventResult
{
    public static byte[] Json(object? value, Invocation invocation) => value switch
    {
        null or Nothing => "null"u8.ToArray(),
        HttpResult result => ResultJson.Write(Envelope(result, invocation), typeof(object)),
        Stream stream => ResultJson.Write(ReadAll(stream), typeof(byte[])),
        _ when Sequence.Of(value.GetType()) is { } sequence => ResultJson.Write(Items(sequence, value, invocation), typeof(List<object?>)),
        _ => ResultJson.Write(value, invocation.Function.ResultType),
    };

    /// <summary>A response as Lambda's response object: what a Python or Node handler would have returned in its place.</summary>
    private static Dictionary<string, object?> Envelope(HttpResult result, Invocation invocation)
    {
        var bytes = result.Body switch
        {
            null => [],
            byte[] given => given,
            Stream stream => ReadAll(stream),
            var items => Concatenate(Sequence.Of(items.GetType())!, items, invocation),
        };
        var headers = new Dictionary<string, object?>();
        foreach (var header in result.Headers.GroupBy(header => header.Key.ToLowerInvariant(), header => header.Value))
        {
            headers[header.Key] = string.Join(",", header);
        }

        var isText = System.Text.Unicode.Utf8.IsValid(bytes);
        return new Dictionary<string, object?>
        {
            ["statusCode"] = result.Status,
            ["headers"] = headers,
            ["body"] = isText ? Encoding.UTF8.GetString(bytes) : Convert.ToBase64String(bytes),
            ["isBase64Encoded"] = !isText,
        };
    }

    private static List<object?> Items(Sequence sequence, object value, Invocation invocation)
    {
        var items = new List<object?>();
        sequence.ForEach(value, items.Add, invocation.Token);
        return items;
    }

    private static byte[] Concatenate(Sequence sequence, object value, Invocation invocation)
    {
        using var all = new MemoryStream();
        sequence.ForEach(value, item => all.Write(item switch
        {
            string text => Encoding.UTF8.GetBytes(text),
            byte[] bytes => bytes,
            _ => [.. ResultJson.Write(item, typeof(object)), (byte)'\n'],
        }), invocation.Token);
        return all.ToArray();
    }

    private static byte[] ReadAll(Stream stream)
    {
        using (stream)
        {
            var all = new MemoryStream();
            stream.CopyToAsync(all).GetAwaiter().GetResult();
            return all.ToArray();
        }
    }
}
