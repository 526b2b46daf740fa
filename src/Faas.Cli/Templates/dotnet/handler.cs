// A C# handler: one file, compiled by the platform when it is deployed.
//
// The event's JSON (or the request's body) is bound to the parameter; what is returned is sent as JSON.

public record Request(string? Name);

public record Greeting(string Message);

public static class Handler
{
    public static Greeting Handle(Request request) => new($"Hello, {request.Name ?? "world"}!");
}
