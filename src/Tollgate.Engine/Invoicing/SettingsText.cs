using System.Text.Json;
using Npgsql;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Invoicing;

/// <summary>Reads and writes <c>invoice_settings</c>.</summary>
internal static class SettingsText
{
    /// <summary>Returns the settings of a project that has set none: its name and its code.</summary>
    public static InvoiceSettings DefaultOf(ProjectSnapshot project) =>
        new() { Seller = new() { Name = project.Name }, Prefix = project.Code.ToUpperInvariant() };

    public static async Task<InvoiceSettings> LoadAsync(NpgsqlConnection connection, ProjectSnapshot project, CancellationToken cancel)
    {
        await using var command = connection.Command(InvoiceSql.Settings, project.Id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Read(reader.GetString(0)) : DefaultOf(project);
    }

    public static string Write(InvoiceSettings settings) => JsonSerializer.Serialize(
        new StoredSettings(
            settings.Seller,
            settings.Prefix,
            settings.DueDays,
            settings.LargestTotal,
            settings.Footer,
            settings.Language,
            [.. settings.TaxRates.Select(static r =>
                new StoredTaxRule(r.Country, r.Region, r.Name, r.Rate.Value, r.IsInclusive, r.ReverseCharge, r.Category))],
            settings.ReversesWhilePending),
        InvoicingJson.Stored.StoredSettings);

    public static InvoiceSettings Read(string json)
    {
        var stored = JsonSerializer.Deserialize(json, InvoicingJson.Stored.StoredSettings)!;
        return new()
        {
            Seller = stored.Seller,
            Prefix = stored.Prefix,
            DueDays = stored.DueDays,
            LargestTotal = stored.LargestTotal,
            Footer = stored.Footer,
            Language = stored.Language,
            TaxRates = [
                .. stored.TaxRates.Select(
                    static r =>
                        new TaxRule(r.Country, r.Region, r.Name, new Percent(r.Percent), r.Inclusive, r.ReverseCharge)
                        {
                            Category = r.Category,
                        })],
            ReversesWhilePending = stored.ReversesWhilePending,
        };
    }
}
