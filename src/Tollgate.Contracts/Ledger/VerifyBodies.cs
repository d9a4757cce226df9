using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Ledger;

/// <summary>Answer of <c>POST /v1/verify</c>.</summary>
public sealed record VerifiedView
{
    /// <summary>True: the checks found no contradiction.</summary>
    public required bool Clean { get; init; }

    /// <summary>The moment of the snapshot that was checked.</summary>
    public required DateTimeOffset At { get; init; }

    public required long Events { get; init; }

    public required long Balances { get; init; }

    public required long Reservations { get; init; }

    public required decimal Seconds { get; init; }

    /// <summary>Every check, also those that found nothing.</summary>
    public required IReadOnlyList<VerifyFindingView> Checks { get; init; }
}

/// <param name="Break">False: a finding that recorded facts explain.</param>
/// <param name="First">The first 20.</param>
public sealed record VerifyFindingView(string Kind, string Meaning, bool Break, long Count, IReadOnlyList<VerifyPlaceView> First);

/// <param name="Place">The period's start, an id or a table.</param>
/// <param name="Expected">The value that follows from the facts.</param>
/// <param name="Found">The stored value.</param>
public sealed record VerifyPlaceView(string? Project, string? Customer, string? Feature, string Place, string Expected, string Found);
