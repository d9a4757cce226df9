using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Projects;

/// <summary>A token that acts for one customer until it expires. Its text is shown only this once.</summary>
public sealed record CustomerToken(Guid Id, string Text, Instant ExpiresAt)
{
    public override string ToString() => $"customer token {KeyText.PrefixOf(Text)}… until {ExpiresAt}";
}

/// <summary>
/// Issues customer tokens. The customer need not exist yet: the first record for it creates it. A token has the scopes and networks of the
/// key that issued it, expires with it at the latest and ends when it is revoked. Ten years make it an API key of a user.
/// </summary>
public sealed class IssueCustomerToken(NpgsqlDataSource database, ProjectDirectory directory)
{
    public static readonly TimeSpan DefaultLife = TimeSpan.FromHours(1);
    public static readonly TimeSpan ShortestLife = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(3_650);

    public async Task<CustomerToken> RunAsync(
        ProjectSnapshot project, string customer, TimeSpan life, Issuer issuer, CancellationToken cancel)
    {
        var (id, bare) = (Guid.CreateVersion7(), KeyText.Create(KeyKind.CustomerToken));
        var text = directory.Current.Check?.Seal(bare) ?? bare;
        await using var command = database.CreateCommand(ProjectsSql.InsertToken);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = KeyHash.Of(text).ToBytes() });
        command.Parameters.Add(new() { Value = project.Id });
        command.Parameters.Add(new() { Value = customer });
        command.Parameters.Add(new() { Value = life });
        command.Parameters.Add(new() { Value = (object?)issuer.Key ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        var expiresAt = (DateTime)(await command.ExecuteScalarAsync(cancel))!;
        return new(id, text, Instant.FromUtc(expiresAt));
    }
}
