using System.Text;
using Faas.Contracts.Invocations;

namespace Faas.Storage.Tests;

internal static class QueueSample
{
    public static QueueEntry Entry(string id) => new()
    {
        Id = id,
        Lane = "hello",
        Function = "hello",
        AcceptedAt = Sample.Noon,
        DueAt = Sample.Noon,
        Nonce = "nonce of " + id,
        Request = new InvocationRequest(false, "POST", "/a%20b", "x=1", [new HeaderField("content-type", "text/plain"), new HeaderField("x-name", "grüß")]),
    };

    public static IdempotencyKey Key(string key, string fingerprint = "same") => new(key, fingerprint, Sample.Noon.AddDays(1));

    public static ReadOnlyMemory<byte> Body(string text) => Encoding.UTF8.GetBytes(text);

    public static Lease LeaseUntil(DateTimeOffset until) => new("me", Sample.Noon, until);

    public static AttemptRecord Record(int number) => new()
    {
        Number = number,
        StartedAt = Sample.Noon,
        EndedAt = Sample.Noon.AddSeconds(1),
        Status = 200,
        Instance = "i1",
        Run = TimeSpan.FromMicroseconds(1234),
        Cost = 0.000000000001m,
    };

    public static AttemptEnd End(ClaimKey claim, InvocationState next) => new()
    {
        Claim = claim,
        Record = Record(claim.Attempt),
        Next = next,
        At = Sample.Noon.AddHours(1),
        Failures = 0,
    };
}
