using System.Text.Json;

namespace Faas.Controller.Build;

/// <summary>The inside of the compiler process: reads requests until its input ends, which it does when the controller ends, however it ends.</summary>
internal static class CompilerServer
{
    public static async Task RunAsync(TextReader requests, TextWriter answers, TimeProvider time)
    {
        using var compiler = new CSharpCompiler(time);
        using var writing = new SemaphoreSlim(1);
        while (await requests.ReadLineAsync() is { } line)
        {
            var request = JsonSerializer.Deserialize(line, CompilerJson.Default.CompilerRequest)!;   // written by us, one version for both sides
            _ = Task.Run(() => AnswerAsync(compiler, request, answers, writing));
        }
    }

    private static async Task AnswerAsync(CSharpCompiler compiler, CompilerRequest request, TextWriter answers, SemaphoreSlim writing)
    {
        var answer = new CompilerAnswer(request.Id);
        try
        {
            var function = await compiler.CompileAsync([.. request.Sources.Select(source => new SourceFile(source.Path, source.Content))], CancellationToken.None);
            (answer.Assembly, answer.Symbols) = (function.Assembly, function.Symbols);
        }
        catch (BuildException exception)
        {
            (answer.Error, answer.Message, answer.Diagnostics) = (exception.Kind, exception.Message, exception.Diagnostics);
        }
        catch (Exception exception)   // the compiler's own fault: the deployment hears of it, others go on
        {
            (answer.Error, answer.Message) = (BuildErrors.BuildFailed, $"The compiler failed: {exception.Message}");
        }

        await writing.WaitAsync();
        try
        {
            await answers.WriteLineAsync(JsonSerializer.Serialize(answer, CompilerJson.Default.CompilerAnswer));
            await answers.FlushAsync();
        }
        finally
        {
            writing.Release();
        }
    }
}
