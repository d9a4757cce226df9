using Npgsql;
using Tollgate.Core;
using Tollgate.Core.Quotas;
using Tollgate.Engine.Ledger;

namespace Tollgate.Engine.Imports;

/// <summary>Encrypts the texts of imported events, and compares records with encrypted ones by their contents.</summary>
internal sealed class SealHistory(NpgsqlConnection connection, UsageKeys keys)
{
    public async Task<IReadOnlyList<HistoryEvent>> SealAsync(List<HistoryEvent> events, CancellationToken cancel)
    {
        var texts = events.ConvertAll(static one => EventData.Read(one.Data));
        var wanted = events.Where((_, at) => texts[at].PropertiesJson is not null)
            .Select(static one => (one.Account.Partition, one.Account.Account, (string?)null)).Distinct()
            .OrderBy(static one => one.Partition).ThenBy(static one => one.Item2).ToArray();
        if (wanted.Length == 0)
        {
            return events;
        }

        var known = await keys.EnsureAsync(connection, wanted, cancel);
        return
        [
            .. events.Select((one, at) => texts[at].PropertiesJson is null
                ? one
                : one with
                {
                    Data = SealedTexts.Seal(
                        texts[at], KeyOf(known, one.Account), one.Place, one.Readable).Write(),
                }),
        ];
    }

    private static UsageKey KeyOf(KnownUsageKeys known, HistoryAccount account)
    {
        var key = known.NewestOf(account.Partition, account.Account);
        Invariant.That(key is not null, $"Account {account.Account} has no key, and its usage must not be stored readable.");
        return key!;
    }

    /// <param name="closed">Positions of records, and the data of the booked events with their ids.</param>
    /// <returns>The same positions, and whether the contents differ. Texts that no key opens cannot differ.</returns>
    public async Task<IEnumerable<(int At, bool Differs)>> CompareAsync(
        List<HistoryEvent> events, List<(int At, string Data)> closed, CancellationToken cancel)
    {
        var known = await keys.ReadAsync(connection, closed.ConvertAll(one => events[one.At].Place), cancel);
        return closed.Select(one => (
            one.At,
            Differs(SealedTexts.Open(EventData.Read(one.Data), known, events[one.At].Place), EventData.Read(events[one.At].Data))));
    }

    private static bool Differs(EventData booked, EventData record) =>
        booked.Id != record.Id || booked.Type != record.Type || booked.Member != record.Member
        || (!booked.IsLocked && !JsonbText.Same(booked.PropertiesJson, record.PropertiesJson));
}
