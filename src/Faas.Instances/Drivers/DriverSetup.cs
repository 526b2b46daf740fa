using Faas.Instances.Languages;

namespace Faas.Instances.Drivers;

/// <summary>What every driver is told about its surroundings.</summary>
/// <param name="Node">Short name of this node, derived from its data folder; marks everything that drivers create.</param>
/// <param name="InstancesFolder">Parent of all instance folders.</param>
/// <param name="RuntimesFolder">Folder with the workers.</param>
/// <param name="Installations">Runtimes of the host.</param>
/// <param name="Time">Clock of waits.</param>
internal sealed record DriverSetup(
    string Node, string InstancesFolder, string RuntimesFolder, IReadOnlyList<RuntimeInstallation> Installations, TimeProvider Time);
