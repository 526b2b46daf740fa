using Faas.Contracts.Hosting;
using Faas.Controller.Hosting;

namespace Faas.Controller.Metering;

/// <summary>
/// Looks every two seconds whether <c>faas.json</c> has changed, and puts its prices in force. It asks for the file's time instead of being told: a watch would be on the whole data folder,
/// the store's writes included. What cannot be read or is out of range is told in the log and changes nothing.
/// </summary>
internal sealed partial class PriceWatch(PriceBook book, DataFolder data, TimeProvider time, ILogger<PriceWatch> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private DateTime _seen = File.GetLastWriteTimeUtc(ControllerOptions.FileOf(data));

    /// <summary>Looks once.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        var path = ControllerOptions.FileOf(data);
        var written = File.GetLastWriteTimeUtc(path);
        if (written == _seen)
        {
            return;
        }

        try
        {
            var terms = ControllerOptions.ReadPrices(ControllerOptions.ConfigurationOf(data)).ToTerms();
            if (await book.ChangeAsync(terms, ct))
            {
                Log.Changed(logger, book.Current.Version);
            }
        }
        catch (Exception e) when (e is StartException or InvalidOperationException or InvalidDataException or FormatException)
        {
            Log.Refused(logger, path, e.InnerException?.Message ?? e.Message, book.Current.Version);
        }

        _seen = written;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Failed(logger, e);   // the store: looked at again in two seconds
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2320, LogLevel.Information, "New prices are in force: version {Version}")]
        public static partial void Changed(ILogger logger, int version);

        [LoggerMessage(2321, LogLevel.Warning, "The prices in {Path} are not taken: {Reason}. Version {Version} stays in force")]
        public static partial void Refused(ILogger logger, string path, string reason, int version);

        [LoggerMessage(2322, LogLevel.Error, "New prices could not be stored; tried again in two seconds")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
