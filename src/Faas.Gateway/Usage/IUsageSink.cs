using Faas.Link;

namespace Faas.Gateway.Usage;

/// <summary>Where an invocation's usage record goes.</summary>
internal interface IUsageSink
{
    /// <summary>Takes the record. Once this returns, it is as safe as this place makes it.</summary>
    void Append(in UsageEntry entry);
}
