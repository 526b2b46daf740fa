using System.Reflection;
using System.Runtime.CompilerServices;
using Faas.Functions;

namespace TestFunctions;

public class Failures
{
    public static string Throws() => Deep();
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Deep() => throw new InvalidOperationException("deep trouble");
    public static async Task<string> ThrowsAsync() { await Task.Yield(); throw new ArgumentException("async trouble"); }
    public static string Aggregate() => throw new AggregateException(new AggregateException(new FormatException("inside")));
    public static object? Reflected() => typeof(Failures).GetMethod(nameof(Throws))!.Invoke(null, null);
    public static string Bad() => throw new BadEventException("no such order");
    public static void Thread() => new Thread(() => throw new InvalidOperationException("from a thread")).Start();
    public static void Exit() => Environment.Exit(7);

    public static async Task<string> Cooperative(FunctionContext context)
    {
        Console.WriteLine("waiting");
        try { await Task.Delay(Timeout.Infinite, context.CancellationToken); }
        catch (OperationCanceledException) { Console.WriteLine("was cancelled"); }
        return "stopped";
    }

    public static string Blocking(CancellationToken token)
    {
        Console.WriteLine("blocking");
        token.WaitHandle.WaitOne();
        Console.WriteLine("unblocked");
        return "stopped";
    }

    /// <summary>Ignores cancellation until another invocation lets it go.</summary>
    public static string Stubborn(string what, CancellationToken token)
    {
        if (what == "go") { Gate.Set(); return "gone"; }
        Console.WriteLine("stubborn");
        token.Register(() => Console.WriteLine("heard"));
        Gate.Wait(CancellationToken.None);
        return "done anyway";
    }

    private static readonly ManualResetEventSlim Gate = new();
}

public class StaticTrouble
{
    static StaticTrouble() => throw new InvalidOperationException("static trouble");
    public static string Handle() => "";
}

public class ConstructorTrouble
{
    public ConstructorTrouble() { Console.WriteLine("said before"); throw new InvalidOperationException("constructor trouble"); }
    public string Handle() => "";
}

public class NeedsArgument(string what)
{
    public string Handle() => what;
}

public sealed class Disposed : IAsyncDisposable
{
    private int _count;
    public Disposed() => Console.Write("made once, no line break");
    public int Handle() => ++_count;
    public ValueTask DisposeAsync() { Console.WriteLine("disposed asynchronously"); return default; }
}

public class Overloads
{
    public static string One(string a) => a;
    [Function] public static string One(int a) => $"marked {a}";
    public static string Two(string a) => a;
    public static string Two(int a) => $"{a}";
}

public class Logs
{
    public static async Task<string> Write(string id)
    {
        Console.Write("part ");
        Console.WriteLine("whole " + id);
        await Task.Yield();
        Console.Error.WriteLine("error " + id);
        await Task.Run(() => Console.WriteLine("task " + id));
        Console.Write("unfinished " + id);
        return id;
    }

    private static readonly Barrier AllHere = new(8);

    /// <summary>Writes from everywhere that code can get to; nobody leaves before everybody has come.</summary>
    public static async Task<string> Everywhere(string id)
    {
        void Say(string place) => Console.WriteLine($"{place} {id}");
        Say("handler");
        await Task.Run(AllHere.SignalAndWait);
        await Task.Delay(1);
        Say("awaited");
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async n => { await Task.Delay(n); Say("task" + n); }));
        await Task.Run(() => { Task.Factory.StartNew(() => Say("child"), CancellationToken.None, TaskCreationOptions.AttachedToParent, TaskScheduler.Default); });
        var thread = new Thread(() => { var inner = new Thread(() => Say("thread of a thread")); inner.Start(); inner.Join(); });
        thread.Start();
        thread.Join();
        await Begun(done => ThreadPool.QueueUserWorkItem(_ => { Say("pool"); done(); }));
        await Begun(done => _ = new Timer(state => { Say("timer"); done(); ((Timer)state!).Dispose(); }).Change(1, Timeout.Infinite));
        await Begun(done => { using var source = new CancellationTokenSource(); source.Token.Register(() => { Say("cancelled"); done(); }); source.Cancel(); });
        Parallel.For(0, 2, n => Say("parallel" + n));
        await foreach (var n in Numbers()) { Say("stream" + n); }
        await Console.Out.WriteLineAsync("async " + id);
        Console.Error.WriteLine("error " + id);
        Say("end");
        return id;

        static async IAsyncEnumerable<int> Numbers() { await Task.Yield(); yield return 0; }
        static Task Begun(Action<Action> begin) { var source = new TaskCompletionSource(); begin(source.SetResult); return source.Task; }
    }

    public static async IAsyncEnumerable<string> Items(string id)
    {
        for (var n = 0; n < 3; n++) { Console.WriteLine("item " + id); yield return new string('x', 10); await Task.Delay(1); }
        _ = Task.Run(async () => { await Task.Delay(50); Console.WriteLine("late " + id); });
    }

    public static void Long() => Console.WriteLine(new string('å', 20_000));

    public static void Flood()
    {
        for (var i = 0; i < 200_000; i++) { Console.WriteLine("line " + i); }
    }

    private static readonly AsyncLocal<string?> Local = new();
    public static string Leak() { var before = Local.Value; Local.Value = "leaked"; return before ?? "clean"; }
}

public class Environments
{
    public static Dictionary<string, string?> Handle() => new[]
    {
        "FAAS_FUNCTION", "FAAS_REVISION", "FAAS_INSTANCE", "FAAS_TOKEN", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "_HANDLER", "MINE",
    }.ToDictionary(name => name, Environment.GetEnvironmentVariable);

    public static string Directory() => System.IO.Directory.GetCurrentDirectory();

    public static long HeapLimit() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    public static string Exhaust()
    {
        var all = new List<byte[]>();
        try { while (true) { var one = new byte[1 << 20]; Array.Fill(one, (byte)1); all.Add(one); } }
        catch (OutOfMemoryException) { var count = all.Count; all.Clear(); return $"{count}"; }
    }

    public static string Package() => new YamlDotNet.Serialization.Serializer().Serialize(new { a = 1 }).Trim();

    public static string Native()
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "select 6 * 7";
        return $"{command.ExecuteScalar()}";
    }
}
