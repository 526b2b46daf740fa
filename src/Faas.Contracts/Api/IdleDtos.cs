namespace Faas.Contracts.Api;

/// <summary>Memory that was allotted while nothing ran: <c>GET /v1/usage/idle</c>.</summary>
/// <param name="From">The first moment that counts.</param>
/// <param name="To">The first moment after.</param>
/// <param name="Rows">One for each function, or for each day and function; the platform's has an empty name.</param>
/// <param name="Total">All of them together.</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record IdleReport(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<IdleRow> Rows, IdleRow Total, string Currency);

/// <summary>What one function's instances were allotted while nothing ran, in GiB-seconds.</summary>
/// <param name="Function">The function's name; empty for the platform.</param>
/// <param name="Allotted">All that was allotted, whether anything ran or not.</param>
/// <param name="Warm">Of it, awake and idle: what is not frozen, less what invocations were billed for, at least 0.</param>
/// <param name="Frozen">Of it, frozen.</param>
/// <param name="Stems">Of it, stems: the platform's, which nobody is billed for.</param>
/// <param name="Cost">What warm and frozen cost by the idle rate.</param>
public sealed record IdleRow(string Function, double Allotted, double Warm, double Frozen, double Stems, decimal Cost)
{
    /// <summary>The day (UTC), when days are told apart.</summary>
    public DateOnly? Day { get; init; }
}
