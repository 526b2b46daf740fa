using Faas.Runtimes.Tests;

namespace Faas.Runtimes.DotNet.Tests;

public sealed class LoadingTests
{
    [Theory]
    [InlineData("public static class A { public static string Handle(string s) => s; public static string Other() => \"\"; }")]
    [InlineData("public static class A { public static string Echo(string s) => s; }")]
    [InlineData("public static class A { [Function] public static string Echo(string s) => s; public static string Handle() => \"\"; }")]
    [InlineData("namespace N; public class A : IDisposable { public async Task<string> HandleAsync(string s) { await Task.Yield(); return s; } public void Dispose() { } }")]
    [InlineData("public record Order(int Id, string Name); public static class A { public static string Place(string s) => s; }")]
    [InlineData("public static class A { public class Inner { public string Run(string s) => s; } }")]
    public async Task The_handler_is_found_without_a_name(string source)
    {
        await using var worker = await DotNetWorker.StartFromSourceAsync(source);
        await worker.SpecializeOkAsync(null);
        Assert.Equal("hi", (await worker.InvokeAsync(new() { Method = "POST", Body = "hi"u8.ToArray() })).Text);
    }

    [Theory]
    [InlineData("Console.WriteLine(1);", "top-level statements")]
    [InlineData("public static class A { public static void X() { } public static void Y() { } }", "A.X, A.Y")]
    [InlineData("public static class A { [Function] public static void X() { } [Function] public static void Y() { } }", "Mark one with [Function]")]
    [InlineData("class A { public static void X() { } }", "no public method in a public class")]
    public async Task When_it_is_not_clear_which_method_is_the_handler_the_answer_says_what_to_do(string source, string expected)
    {
        await using var worker = await DotNetWorker.StartFromSourceAsync(source);
        var answer = await worker.SpecializeAsync(null);
        Assert.Equal((false, "HandlerNotFound"), (answer.Ok, answer.Error));
        Assert.Contains(expected, answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Parameters.Nowhere", "HandlerNotFound", "has no public method Nowhere")]
    [InlineData("Nowhere.Text", "HandlerNotFound", "no public type Nowhere")]
    [InlineData("Handle", "HandlerNotFound", "none of the forms")]
    [InlineData("A::B", "HandlerNotFound", "none of the forms")]
    [InlineData("../x::A::B", "HandlerNotFound", "none of the forms")]
    [InlineData("Missing::A::B", "LoadFailed", "no Missing.dll (there: ")]
    [InlineData("Overloads.Two", "HandlerNotFound", "2 methods Two; mark one with [Function]")]
    [InlineData("Parameters.TwoEvents", "HandlerNotFound", "2 parameters for the event")]
    [InlineData("Parameters.ByReference", "HandlerNotFound", "by reference")]
    [InlineData("NeedsArgument.Handle", "HandlerNotFound", "no public constructor without parameters")]
    [InlineData("StaticTrouble.Handle", "InitFailed", "static trouble")]
    [InlineData("ConstructorTrouble.Handle", "InitFailed", "constructor trouble")]
    public async Task A_handler_that_cannot_be_used_is_refused_with_the_reason(string handler, string error, string message)
    {
        await using var worker = await DotNetWorker.StartAsync();
        DotNetWorker.CopyFunctions(worker);
        var answer = await worker.SpecializeAsync(handler);
        Assert.Equal((false, error), (answer.Ok, answer.Error));
        Assert.Contains(message, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_constructor_says_before_it_fails_comes_before_the_answer()
    {
        await using var worker = await DotNetWorker.StartAsync();
        DotNetWorker.CopyFunctions(worker);
        var answer = await worker.SpecializeAsync("ConstructorTrouble.Handle");
        Assert.Contains(worker.Control.Logs, line => line is { Text: "said before", InvocationId: "" });
        Assert.StartsWith("TestFunctions.ConstructorTrouble..ctor (Failures.cs:", Assert.Single(answer.Trace), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_overloads_the_marked_one_is_taken()
    {
        await using var worker = await DotNetWorker.StartAsync("Overloads.One");
        Assert.Equal("marked 5", (await worker.InvokeAsync(InvocationRequest.Event("5"))).Json.GetString());
    }

    [Fact]
    public async Task A_second_specialization_is_refused_also_after_a_failed_one()
    {
        await using var worker = await DotNetWorker.StartAsync();
        Assert.Equal("LoadFailed", (await worker.SpecializeAsync(null)).Error);
        Assert.Equal("AlreadySpecialized", (await worker.SpecializeAsync(null)).Error);
    }

    [Theory]
    [InlineData("Package", "a: 1")]
    [InlineData("Native", "42")]
    public async Task Packages_and_their_native_libraries_come_from_the_code(string method, string expected)
    {
        await using var worker = await DotNetWorker.StartAsync($"Environments.{method}");
        Assert.Equal(expected, (await worker.InvokeAsync(new())).Text);
    }

    [Fact]
    public async Task Without_deps_json_assemblies_and_native_libraries_are_found_in_the_folder()
    {
        await using var worker = await DotNetWorker.StartAsync();
        DotNetWorker.CopyFunctions(worker);
        File.Delete(Path.Combine(worker.Code, "TestFunctions.deps.json"));
        await worker.SpecializeOkAsync("Environments.Native");
        Assert.Equal("42", (await worker.InvokeAsync(new())).Text);
    }

    [Fact]
    public async Task A_missing_dependency_is_a_failed_load_or_invocation_and_names_the_assembly()
    {
        await using var worker = await DotNetWorker.StartAsync();
        DotNetWorker.CopyFunctions(worker);
        File.Delete(Path.Combine(worker.Code, "YamlDotNet.dll"));
        await worker.SpecializeOkAsync("Environments.Package");
        var answer = await worker.InvokeAsync(new());
        Assert.Contains("YamlDotNet", answer.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_assembly_fails_to_load()
    {
        await using var worker = await DotNetWorker.StartAsync();
        worker.WriteCode("function.dll", "not an assembly");
        var answer = await worker.SpecializeAsync(null);
        Assert.Equal("LoadFailed", answer.Error);
        Assert.Contains("function.dll is not a .NET assembly", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_is_the_functions_with_the_platforms_variables()
    {
        await using var worker = await DotNetWorker.StartAsync("Environments.Handle", new Dictionary<string, string> { ["MINE"] = "my own", ["FAAS_FUNCTION"] = "forged" });
        var answer = await worker.InvokeAsync(new());
        Assert.Equal(
            """{"FAAS_FUNCTION":"hello","FAAS_REVISION":"hello-1","FAAS_INSTANCE":"i-1","FAAS_TOKEN":null,"AWS_LAMBDA_FUNCTION_NAME":"hello","AWS_LAMBDA_FUNCTION_VERSION":"hello-1","AWS_LAMBDA_FUNCTION_MEMORY_SIZE":"256","_HANDLER":"Environments.Handle","MINE":"my own"}""",
            answer.Text);
    }

    [Fact]
    public async Task The_heap_ends_at_three_quarters_of_the_memory_limit()
    {
        await using var worker = await DotNetWorker.StartAsync("Environments.Exhaust");
        var count = int.Parse((await worker.InvokeAsync(new())).Text, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(count, 100, 192);
        Assert.Null((await worker.InvokeAsync(new())).Failure);
    }
}
