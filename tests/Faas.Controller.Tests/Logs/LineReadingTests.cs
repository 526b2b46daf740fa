using System.Text.Json;
using Faas.Contracts.Api;
using Faas.Controller.Logs;

namespace Faas.Controller.Tests.Logs;

public sealed class LineReadingTests
{
    [Theory]
    [InlineData("{\"level\":30,\"time\":1,\"msg\":\"pino\"}", LineLevel.Info, "pino", "time")]
    [InlineData("{\"level\":50,\"msg\":\"pino\",\"err\":{\"level\":10,\"msg\":\"inner\"}}", LineLevel.Error, "pino", "err")]
    [InlineData("{\"severity\":\"WARNING\",\"message\":\"google\"}", LineLevel.Warn, "google", "")]
    [InlineData("{\"@t\":\"2026\",\"@mt\":\"Hello {Name}\",\"@l\":\"Fatal\",\"Name\":\"Ada\"}", LineLevel.Fatal, "Hello {Name}", "@t,Name")]
    [InlineData("{\"@mt\":\"Hello {Name}\",\"@m\":\"Hello Ada\"}", null, "Hello Ada", "@mt")]
    [InlineData("{\"event\":\"structlog\",\"level\":\"info\"}", LineLevel.Info, "structlog", "")]
    [InlineData("{\"event\":\"order.created\",\"msg\":\"new order\"}", null, "new order", "event")]
    [InlineData("{\"EventId\":0,\"LogLevel\":\"Information\",\"Category\":\"c\",\"Message\":\"dotnet\"}", LineLevel.Info, "dotnet", "EventId,Category")]
    [InlineData("  {\"level\":\"info\"}", null, null, "")]
    [InlineData("{ \"lvl\" : \"dbg\" , \"msg\" : \"\\u00e5\\n\" } ", LineLevel.Debug, "å\n", "")]
    [InlineData("{\"level\":\"odd\",\"a\":1}", null, null, "level,a")]
    [InlineData("{\"level\":35,\"msg\":7}", LineLevel.Info, null, "msg")]
    [InlineData("{\"level\":{\"name\":\"x\"},\"lvl\":\"error\"}", LineLevel.Error, null, "level")]
    [InlineData("{\"level\":\"info\",\"severity\":\"error\"}", LineLevel.Info, null, "severity")]
    [InlineData("{}", null, null, "")]
    [InlineData("{\"level\":\"error\"", null, null, "")]
    [InlineData("{\"level\":\"error\"} {}", null, null, "")]
    [InlineData("{'level': 'error'}", null, null, "")]
    [InlineData("{\"level\":\"error\",\"msg\":\"\\ud800\"}", null, null, "")]
    [InlineData("{\"level\":\"error\",\"x\":\"\\ud800\"}", null, null, "")]
    [InlineData("[WARNING]\ttext", LineLevel.Warn, null, "")]
    [InlineData("[error] text", LineLevel.Error, null, "")]
    [InlineData("[1,2]", null, null, "")]
    [InlineData("[", null, null, "")]
    [InlineData("plain", null, null, "")]
    [InlineData("", null, null, "")]
    public void A_line_has_the_level_the_message_and_the_fields_that_it_says(string text, LineLevel? level, string? message, string fields)
    {
        var line = LineReading.Read(new LogLine(LogsFixture.Noon, "i", null, "stdout", text));
        Assert.Equal((text, level, message, fields), (line.Text, line.Level, line.Message, string.Join(',', line.Fields?.Keys ?? [])));
        JsonSerializer.Serialize(line, FaasJson.Default.LogLine);   // whatever it is, it can be passed on
        if (!text.Contains("\\ud800", StringComparison.Ordinal))
        {
            Assert.Equal(level, LineReading.LevelOf(text));
        }
    }

    [Fact]
    public void What_is_nested_too_deeply_is_a_plain_line() =>
        Assert.Null(LineReading.Read(Line(string.Concat(Enumerable.Repeat("{\"level\":", 100)) + "1" + new string('}', 100))).Fields);

    [Theory]
    [InlineData("stdout", "plain", LineLevel.Info, true)]
    [InlineData("stdout", "plain", LineLevel.Warn, false)]
    [InlineData("stdout", "{\"level\":\"warn\"}", LineLevel.Warn, true)]
    [InlineData("stdout", "{\"level\":\"debug\"}", LineLevel.Info, false)]
    [InlineData("stderr", "Traceback (most recent call last):", LineLevel.Error, true)]
    [InlineData("stderr", "[INFO]\tlogged by Python", LineLevel.Warn, false)]
    [InlineData("stderr", "{\"level\":30}", LineLevel.Warn, false)]
    [InlineData("stdout", "plain", LineLevel.Trace, true)]
    public void A_filter_by_level_takes_it_and_those_above_and_what_says_none_by_its_stream(string stream, string text, LineLevel level, bool isWanted) =>
        Assert.Equal(isWanted, new LogFilter { Level = level }.Matches(Line(text) with { Stream = stream }));

    private static LogLine Line(string text) => new(LogsFixture.Noon, "i", null, "stdout", text);
}
