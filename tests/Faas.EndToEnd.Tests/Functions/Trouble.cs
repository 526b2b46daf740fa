// What a C# function can do wrong, by path.
using System;
using System.Threading;
using System.Threading.Tasks;
using Faas.Functions;

public static class Trouble
{
    public static async Task<object> Handle(HttpEvent request, CancellationToken cancellationToken)
    {
        switch (request.Path)
        {
            case "/ok": return new { ok = true };
            case "/throw": throw new InvalidOperationException("on purpose");
            case "/not-json": return new Circle();
            case "/exit": Environment.Exit(7); return 0;
            case "/overflow": return Deeper(0);
            case "/loop": while (true) { }
            case "/obedient": await Task.Delay(TimeSpan.FromMinutes(5), cancellationToken); return 0;
            default: return HttpResult.NotFound();
        }
    }

    private static int Deeper(int n) => 1 + Deeper(n + 1) + n;

    private sealed class Circle
    {
        public Circle Self => this;
    }
}
