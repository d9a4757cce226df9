namespace Tollgate.Engine.Privacy;

/// <summary>The effect of an erasure on the rows of a customer in one table.</summary>
public enum Erasing
{
    /// <summary>The rows stay as they are: <see cref="PersonalTable.Why"/>.</summary>
    Keep,

    /// <summary>The rows stay without their personal columns.</summary>
    Strip,

    Delete,

    /// <summary>A step of <see cref="RunErasures"/> does it.</summary>
    Step,
}

/// <summary>
/// A table with data of customers, how their rows are found, and what an export and an erasure do with them. Parameters of all its SQL:
/// $1 partition, $2 account, $3 project, $4 the customer's id, $5 the pseudonym.
/// </summary>
/// <param name="Where">Selects the customer's rows <c>t</c>. Null: only a step of the erasure finds them.</param>
public sealed record PersonalTable(string Name, string Meaning, string? Where, Erasing Erasing)
{
    public const string Own = "t.partition = $1 AND t.account = $2";
    public const string Named = "t.project_id = $3 AND t.customer = $4";

    /// <summary>With <see cref="Erasing.Strip"/>: columns and their new values.</summary>
    public IReadOnlyList<(string Column, string Value)> Sets { get; init; } = [];

    /// <summary>Texts that stay: codes, states, numbers, and what the law keeps.</summary>
    public string Kept { get; init; } = "";

    /// <summary>The reason why rows, or the texts of <see cref="Kept"/>, stay.</summary>
    public string? Why { get; init; }

    /// <summary>Null: an export has the table. Otherwise why it has not.</summary>
    public string? NotExported { get; init; }

    /// <summary>Columns that an export leaves out, in addition to keys and secrets.</summary>
    public IReadOnlyList<string> Hidden { get; init; } = [];

    /// <summary>True if a request that runs during the erasure may write such a row after it: the last sweep erases it again.</summary>
    public bool MayReturn => Where is not null && Where != Own && Erasing == Erasing.Delete;

    /// <summary>The statement of the erasure; null: none.</summary>
    public string? Statement => (Where, Erasing) switch
    {
        (null, _) => null,
        (_, Erasing.Delete) => $"DELETE FROM {Name} AS t WHERE {Where}",
        (_, Erasing.Strip) =>
            $"UPDATE {Name} AS t SET {string.Join(", ", Sets.Select(static set => $"{set.Column} = {set.Value}"))} WHERE {Where}",
        _ => null,
    };

    /// <summary>Columns with text that an erasure changes or keeps on purpose.</summary>
    public IEnumerable<string> KnownColumns =>
        Sets.Select(static set => set.Column).Concat(Kept.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>A table without data of customers.</summary>
public sealed record ImpersonalTable(string Name, string Why);
