namespace Faas.Gateway.Metering;

/// <summary>Where the kernel accounts what an instance's control group uses; both empty when it has none, or when its worker tells.</summary>
internal readonly record struct GroupFolders(string Cpu, string Memory);
