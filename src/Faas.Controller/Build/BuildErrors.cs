namespace Faas.Controller.Build;

/// <summary>The kinds of <see cref="BuildException"/>.</summary>
public static class BuildErrors
{
    /// <summary>The bundle is damaged, or has an entry that is not allowed.</summary>
    public const string InvalidBundle = "InvalidBundle";

    /// <summary>The bundle exceeds a limit, packed or unpacked.</summary>
    public const string BundleTooLarge = "BundleTooLarge";

    /// <summary>The sources do not compile.</summary>
    public const string BuildFailed = "BuildFailed";
}
