using Npgsql;
using Tollgate.Core.Payments;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>The payment settings as a part of each project in memory.</summary>
public sealed class PaymentPart : IProjectPart
{
    public async Task<PartOfProject> LoadAsync(NpgsqlConnection connection, IReadOnlyList<ProjectRow> rows, CancellationToken cancel)
    {
        var modes = rows.ToDictionary(static row => row.Id, static row => row.Mode);
        var all = await PaymentSettings.LoadAsync(connection, id => DefaultOf(modes[id]), cancel);
        return (row, before, _) => new(Of(before?.Parts.Find<PaymentSetup>(), all.GetValueOrDefault(row.Id) ?? DefaultOf(row.Mode)));
    }

    internal static PaymentSetup DefaultOf(ProjectMode mode) => mode == ProjectMode.Sandbox ? PaymentSetup.Sandbox : PaymentSetup.Live;

    private static PaymentSetup Of(PaymentSetup? old, PaymentSetup fresh) => old is not null && AreTheSame(old, fresh) ? old : fresh;

    private static bool AreTheSame(PaymentSetup a, PaymentSetup b) =>
        a.Provider == b.Provider && a.Version == b.Version && a.Credentials.Count == b.Credentials.Count
        && a.Credentials.All(one => b.Credentials.TryGetValue(one.Key, out var other) && other.Version == one.Value.Version);
}

public static class PaymentParts
{
    extension(ProjectSnapshot project)
    {
        /// <summary>The project's payment provider and its settings.</summary>
        public PaymentSetup Payments => project.Parts.Find<PaymentSetup>() ?? PaymentPart.DefaultOf(project.Mode);
    }
}
