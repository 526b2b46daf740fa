namespace Faas.Gateway.Tests.Fakes;

/// <summary>Content of unknown length.</summary>
internal sealed class UnseekableStream(byte[] content) : MemoryStream(content)
{
    public override bool CanSeek => false;
}
