public record Request(string? Name);

public record Greeting(string Message);

public static class Hello
{
    public static Greeting Handle(Request? request) => new("Hello, " + (request?.Name ?? "world"));
}
