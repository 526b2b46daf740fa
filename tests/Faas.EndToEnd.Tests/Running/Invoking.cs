using System.Globalization;
using Faas.Contracts.Api;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>Calls functions over the public listener.</summary>
internal static class Invoking
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static Task<HttpResponseMessage> CallAsync(this Platform platform, string path) => platform.Public.GetAsync($"/function/{path}", Stop);

    public static Task<HttpResponseMessage> PostAsync(this Platform platform, string path, string text, string type = "application/json") =>
        platform.Public.PostAsync($"/function/{path}", new StringContent(text, null, type), Stop);

    public static async Task<HttpResponseMessage> CallAsync(this Platform platform, string path, string callId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/function/{path}");
        request.Headers.Add("X-Call-Id", callId);
        return await platform.Public.SendAsync(request, Stop);
    }

    /// <summary>The answer's text, which must be a success.</summary>
    public static async Task<string> TextAsync(this Task<HttpResponseMessage> call)
    {
        using var response = await call;
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        return text;
    }

    /// <summary>The typed error that the answer must be, with the status its kind has.</summary>
    public static async Task<ApiProblem> FailsWithAsync(this Task<HttpResponseMessage> call, params string[] kinds)
    {
        using var response = await call;
        var problem = await ManagementApi.ProblemAsync(response);
        Assert.Contains(problem.Error, kinds);
        Assert.Equal([problem.Error], response.Headers.GetValues(Problems.ErrorHeader));
        Assert.True(response.Headers.Contains("X-Call-Id"), "every answer carries X-Call-Id");
        return problem;
    }

    /// <summary>Milliseconds of one part (<c>queue</c>, <c>cold</c>, <c>run</c>) of <c>Server-Timing</c>; 0 when it is not there.</summary>
    public static double Timing(this HttpResponseMessage response, string part)
    {
        Assert.True(response.Headers.TryGetValues("Server-Timing", out var values), "every answer carries Server-Timing");
        var metric = string.Join(',', values).Split(',', StringSplitOptions.TrimEntries).FirstOrDefault(entry => entry.Split(';')[0] == part);
        var duration = metric?.Split(';', StringSplitOptions.TrimEntries).FirstOrDefault(p => p.StartsWith("dur=", StringComparison.Ordinal));
        Assert.NotNull(duration);
        return double.Parse(duration[4..], CultureInfo.InvariantCulture);
    }
}
