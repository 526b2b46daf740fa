using System.Text;
using System.Text.Json;
using Faas.Functions;
using Faas.WorkerProtocol;

namespace Faas.Runtime.DotNet.Functions;

/// <summary>Where the value of one parameter comes from.</summary>
internal abstract class Argument
{
    /// <summary>Whether it looks at the request's headers.</summary>
    public virtual bool NeedsHeaders => false;

    /// <summary>Whether it is made of the event; a handler has at most one such parameter.</summary>
    public virtual bool IsEvent => true;

    public abstract object? Bind(Invocation invocation);
}

internal sealed class ContextArgument : Argument
{
    public override bool IsEvent => false;

    public override object Bind(Invocation invocation) => invocation.Context();
}

internal sealed class TokenArgument : Argument
{
    public override bool IsEvent => false;

    public override object Bind(Invocation invocation) => invocation.Token;
}

internal sealed class HttpArgument : Argument
{
    public override bool NeedsHeaders => true;

    public override object Bind(Invocation invocation) => invocation.Http();
}

/// <summary>The body as text. A raw event that is a JSON string is that string; any other is its JSON text.</summary>
internal sealed class TextArgument : Argument
{
    public override object? Bind(Invocation invocation)
    {
        var body = invocation.Body.Span;
        var start = body.IndexOfAnyExcept(" \t\r\n"u8);
        if (invocation.Head.Kind != RequestKind.Event || start < 0 || body[start] != (byte)'"')
        {
            return Encoding.UTF8.GetString(body);
        }

        try
        {
            return JsonSerializer.Deserialize<string>(body, JsonSerializerOptions.Web);
        }
        catch (JsonException exception)
        {
            throw EventJson.Refuse(exception);
        }
    }
}

internal sealed class BytesArgument : Argument
{
    public override object Bind(Invocation invocation) => invocation.BodyArray();
}

internal sealed class MemoryArgument : Argument
{
    public override object Bind(Invocation invocation) => invocation.Body;
}

internal sealed class StreamArgument : Argument
{
    public override object Bind(Invocation invocation) => invocation.BodyStream ?? new MemoryStream(invocation.BodyArray(), writable: false);
}

internal sealed class CloudEventArgument : Argument
{
    public override bool NeedsHeaders => true;

    public override object Bind(Invocation invocation) =>
        invocation.Head.Kind == RequestKind.Event ? CloudEvent.FromJson(invocation.Body) : CloudEvent.FromHttp(invocation.Http());
}
