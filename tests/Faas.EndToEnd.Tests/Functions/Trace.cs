// What it is told of the trace that it runs in.
using System.Diagnostics;
using Faas.Functions;

public static class Trace
{
    public static object Handle(HttpEvent request) => new { header = request.Headers["traceparent"], context = Activity.Current?.ParentId, own = Activity.Current?.Id };
}
