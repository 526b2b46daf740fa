using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Faas.Instances.Drivers;

namespace Faas.Instances.Folders;

/// <summary>
/// What a later controller must know to adopt the instance: <c>instance.json</c>, mode 0600. Written when the stem has become ready as an instance;
/// a folder without it is a stem, a start that failed half-way, or rubbish.
/// </summary>
internal sealed record InstanceRecord
{
    public required string InstanceId { get; init; }

    public required string Revision { get; init; }

    public required string Function { get; init; }

    public required bool IsHttp { get; init; }

    public required string Driver { get; init; }

    public required string Token { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required Launched Launched { get; init; }

    /// <summary>Port of an image's container; 0 for the others, which listen on sockets.</summary>
    public int Port { get; init; }

    /// <summary>The instance as the gateway sees it. Of an http function with its control group, if it has one; a handler is measured by its worker.</summary>
    public InstanceHandle ToHandle(InstanceFolder folder, ControlGroup? group) => new(
        InstanceId, Revision, Function,
        Port != 0 ? null : IsHttp ? folder.HttpSocket : folder.WorkerSocket,
        Port != 0 ? string.Create(CultureInfo.InvariantCulture, $"{Launched.Address}:{Port}") : null,
        StartedAt, Driver)
    {
        Accounting = group?.Accounting,
    };

    /// <summary>Writes it so that a reader sees all of it or nothing. Not flushed to disk: after a power cut the instance is gone too.</summary>
    public void Save(InstanceFolder folder)
    {
        var temporary = folder.RecordFile + ".new";
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            JsonSerializer.Serialize(file, this, RecordJson.Default.InstanceRecord);
        }

        File.Move(temporary, folder.RecordFile, overwrite: true);
    }

    /// <summary>The folder's record; null when there is none or it cannot be read.</summary>
    public static InstanceRecord? TryLoad(InstanceFolder folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(folder.RecordFile), RecordJson.Default.InstanceRecord);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(InstanceRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
