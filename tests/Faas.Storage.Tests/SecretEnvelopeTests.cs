namespace Faas.Storage.Tests;

public sealed class SecretEnvelopeTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_same_value_is_never_sealed_into_the_same_bytes()
    {
        var key = Key("a");
        Assert.NotEqual(SecretEnvelope.Seal(key, "TOKEN", "one"), SecretEnvelope.Seal(key, "TOKEN", "one"));
        Assert.Equal("one", SecretEnvelope.Open(key, "TOKEN", SecretEnvelope.Seal(key, "TOKEN", "one")));
    }

    [Fact]
    public void Another_key_another_name_and_every_changed_byte_are_noticed()
    {
        var key = Key("a");
        var envelope = SecretEnvelope.Seal(key, "TOKEN", "one");
        Assert.Equal(StoreFailure.WrongKey, Failure(Key("b"), "TOKEN", envelope));
        Assert.Equal(StoreFailure.Damaged, Failure(key, "OTHER", envelope));
        for (var i = 0; i < envelope.Length; i++)
        {
            var changed = envelope.ToArray();
            changed[i] ^= 1;
            Assert.True(Failure(key, "TOKEN", changed) is StoreFailure.WrongKey or StoreFailure.Damaged);
        }

        for (var length = 0; length < envelope.Length; length++)
        {
            Assert.True(Failure(key, "TOKEN", envelope[..length]) is StoreFailure.WrongKey or StoreFailure.Damaged);
        }
    }

    private static StoreFailure Failure(SecretKey key, string name, byte[] envelope) => Assert.Throws<StoreException>(() => SecretEnvelope.Open(key, name, envelope)).Failure;

    private SecretKey Key(string name) => SecretKey.ReadOrCreate(Path.Combine(_folder.Path, name));
}
