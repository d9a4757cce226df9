using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Costs;
using Tollgate.Core.Money;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Costs;

/// <summary>The SLA targets of a project's providers and models.</summary>
public sealed class SlaTargets(NpgsqlDataSource database)
{
    /// <summary>The most targets of a project, all of which a report reads.</summary>
    public const int Most = 200;

    /// <summary>Returns all targets by provider and model; that of a whole provider is before those of its models.</summary>
    public async Task<IReadOnlyList<SlaTarget>> ListAsync(ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = database.Command(SlaSql.List, project.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var targets = new List<SlaTarget>();
        var row = new RowReader(reader);
        while (await reader.ReadAsync(cancel))
        {
            targets.Add(new(
                row.Text("provider"), row.Text("model") is { Length: > 0 } model ? model : null, QuantityOf("p50_ms"), QuantityOf("p95_ms"),
                QuantityOf("p99_ms"), QuantityOf("error_rate")));
        }

        return targets;

        Quantity? QuantityOf(string column) => row.NumberOrNull(column) is { } number ? Quantity.Of(number) : null;
    }

    /// <summary>Replaces all targets of the project.</summary>
    public async Task ReplaceAsync(ProjectSnapshot project, IReadOnlyList<SlaTarget> targets, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(SlaSql.Lock, cancel, project.Id);
        await connection.ExecuteAsync(SlaSql.Clear, cancel, project.Id);
        await connection.ExecuteAsync(
            SlaSql.Add, cancel, project.Id, targets.Select(static one => one.Provider).ToArray(),
            targets.Select(static one => one.Model ?? "").ToArray(), Numbers(static one => one.P50), Numbers(static one => one.P95),
            Numbers(static one => one.P99), Numbers(static one => one.ErrorRate));
        await transaction.CommitAsync(cancel);

        NpgsqlParameter Numbers(Func<SlaTarget, Quantity?> of) => new()
        {
            Value = targets.Select(one => of(one)?.Value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Numeric,
        };
    }
}
