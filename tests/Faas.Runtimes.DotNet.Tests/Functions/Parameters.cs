using System.Text.Json;
using System.Text.Json.Serialization;
using Faas.Functions;

namespace TestFunctions;

public sealed record Order(int Id, string? Name, decimal Price);

public class Parameters
{
    public static object Http(HttpEvent e) => new
    {
        e.Method, e.Path, e.RawQuery, e.RemoteAddress, e.InvocationId,
        First = e.Query["X"], All = e.Query.All("x"), Type = e.Headers["Content-TYPE"], Cookie = e.Cookies["b"], Body = e.BodyAsString(),
    };

    public static string Json(Order order) => $"{order.Id} {order.Name} {order.Price}";

    public static string NullableJson(Order? order) => order?.Name ?? "nobody";

    public static int Number(int number) => number + 1;

    public static string Optional(int number = 41) => $"{number}";

    public static string Text(string text) => $"<{text}>";

    public static string Bytes(byte[] bytes) => Convert.ToHexStringLower(bytes);

    public static string Memory(ReadOnlyMemory<byte> bytes) => $"{bytes.Length}";

    public static async Task<string> Stream(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return "s:" + await reader.ReadToEndAsync();
    }

    public static string Element(JsonElement element) => element.ValueKind.ToString();

    public static string Cloud(CloudEvent e) => $"{e.Id} {e.Source} {e.Type} {e.Subject} {e.Time:yyyy} {e.DataAs<Order>()?.Name} {e.DataBytes.Length} {string.Join(',', e.Extensions)}";

    public static string None() => "none";

    public string Everything(CancellationToken token, FunctionContext context, string text) =>
        $"{text} {context.InvocationId} {context.FunctionName} {context.Revision} {context.InstanceId} {context.MemoryMiB} {token.CanBeCanceled} {context.RemainingTime.TotalSeconds is > 20 and <= 30}";

    public static string AsJson(HttpEvent e) => e.JsonAs<Order>()!.Name!;

    public static int TwoEvents(string one, HttpEvent two) => 0;

    public static void ByReference(ref string one) => one = "";

    public static async Task<long> CountSlowly(Stream body, CancellationToken token)
    {
        long count = 0;
        var buffer = new byte[8192];
        int read;
        while ((read = await body.ReadAsync(buffer, token)) > 0)
        {
            count += read;
        }

        return count;
    }

    public static string IgnoreBody(Stream body) => "ignored";
}

[JsonDerivedType(typeof(Cat), "cat")]
public class Animal
{
    public string Name { get; set; } = "";
}

public sealed class Cat : Animal
{
    public int Lives { get; set; } = 9;
}
