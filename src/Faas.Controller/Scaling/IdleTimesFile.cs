using System.Text.Json;
using System.Text.Json.Serialization;
using Faas.Controller.Scaling.KeepAlive;

namespace Faas.Controller.Scaling;

/// <summary>What is remembered of a function over a restart.</summary>
/// <param name="QuietSince">Since when nothing ran.</param>
/// <param name="IdleTimes">Its idle times, as <see cref="IdleHistory.Serialize"/> wrote them.</param>
internal sealed record RememberedActivity(DateTimeOffset QuietSince, string IdleTimes);

/// <summary>
/// The functions' idle times in one file of the data folder, <c>idle-times.json</c>, replaced as a whole. It is learned, not told: without it functions
/// start over with the fixed keep-alive, so a file that cannot be read is taken for none.
/// </summary>
internal sealed class IdleTimesFile(string path)
{
    /// <summary>What was saved last; nothing when there is no usable file.</summary>
    public Dictionary<string, RememberedActivity> Load()
    {
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, IdleTimesJson.Default.DictionaryStringRememberedActivity) ?? [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    /// <summary>Replaces the file.</summary>
    public async Task SaveAsync(Dictionary<string, RememberedActivity> activities, CancellationToken cancellationToken)
    {
        var next = path + ".new";
        await using (var file = File.Create(next))
        {
            await JsonSerializer.SerializeAsync(file, activities, IdleTimesJson.Default.DictionaryStringRememberedActivity, cancellationToken);
        }

        File.Move(next, path, overwrite: true);
    }
}

/// <summary>How the file is written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Dictionary<string, RememberedActivity>))]
internal sealed partial class IdleTimesJson : JsonSerializerContext;
