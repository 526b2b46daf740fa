using System.Net;
using System.Net.Http.Json;
using Faas.Contracts.Api;
using Faas.Contracts.Invocations;

namespace Faas.EndToEnd.Tests.Running;

/// <summary>Queues invocations and looks after them.</summary>
internal static class Queueing
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Queues an invocation, which must be accepted. Returns its id.</summary>
    public static async Task<string> AcceptAsync(this Platform platform, string name, string path, string body = "{}")
    {
        using var answer = await platform.Public.PostAsync($"/async-function/{name}{path}", new StringContent(body), Stop);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Stop)}");
        return answer.Headers.GetValues("X-Call-Id").Single();
    }

    public static async Task<InvocationDescription> InvocationAsync(this ManagementApi admin, string id) =>
        (await admin.Http.GetFromJsonAsync<InvocationDescription>($"/v1/invocations/{id}", ManagementApi.Json, Stop))!;

    /// <summary>An invocation's only usage record, which may be in the ledger a moment after it has ended: from Redis it comes by way of an outbox.</summary>
    public static async Task<UsageRecord> RecordAsync(this ManagementApi admin, string id)
    {
        IReadOnlyList<UsageRecord> found = [];
        await Eventually.HoldsAsync($"the record of {id}", async () => (found = await admin.InvocationsAsync($"id={id}")).Count > 0);
        return Assert.Single(found);
    }

    /// <summary>The invocation once it has ended.</summary>
    public static Task<InvocationDescription> EndedAsync(this ManagementApi admin, string id) => Eventually.GivesAsync($"the end of {id}", async () =>
    {
        var found = await admin.Http.GetFromJsonAsync<InvocationDescription>($"/v1/invocations/{id}?wait=10", ManagementApi.Json, Stop);
        return found!.State.HasEnded() ? found : null;
    });
}
