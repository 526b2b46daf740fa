using Faas.LoadTests.Loads;

namespace Faas.LoadTests.Warm;

/// <summary>Before anything is timed: all contenders answer the same.</summary>
internal static class SameAnswers
{
    public static async Task CheckAsync(IReadOnlyList<Contender> contenders, LoadRequest request, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        string? expected = null;
        foreach (var contender in contenders)
        {
            var url = $"http://{contender.Address}{LoadRequest.PathOf(request.Functions[0])}";
            using var content = request.Body is { } body ? new StringContent(body, null, request.ContentType) : null;
            using var message = new HttpRequestMessage(content is null ? HttpMethod.Get : HttpMethod.Post, url) { Content = content };
            using var response = await client.SendAsync(message, cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode || Normal(answer) != (expected ??= Normal(answer)))
            {
                throw new InvalidOperationException($"{contender.Name} answers {(int)response.StatusCode}, and not what {contenders[0].Name} does: {Short(answer)} / {Short(expected)}");
            }
        }
    }

    // Python's json.dumps puts spaces where the others do not.
    private static string Normal(string answer) => answer.Replace(": ", ":", StringComparison.Ordinal).Replace(", ", ",", StringComparison.Ordinal);

    private static string Short(string? text) => text is { Length: > 200 } ? text[..200] : text ?? "";
}
