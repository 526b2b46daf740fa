// JSON in, JSON out. The platform binds the body to the parameter and writes the result as JSON.
//
//   curl localhost:8080/function/hello-csharp -H 'content-type: application/json' -d '{"name":"Ada"}'
//   {"message":"Hello, Ada!"}

public record Request(string? Name);

public record Greeting(string Message);

public static class Hello
{
    public static Greeting Handle(Request request) => new($"Hello, {request.Name ?? "world"}!");
}
