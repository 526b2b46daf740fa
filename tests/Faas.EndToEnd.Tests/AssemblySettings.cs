// Each collection runs a platform of its own and measures nothing, but two cores do not carry several platforms with their stems.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
