using System.Collections.Frozen;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core.Catalog;
using Tollgate.Core.Payments;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments;

/// <summary>
/// The payment providers of projects. Every server holds the settings in memory, as a part of its projects, and reloads them together.
/// </summary>
public sealed class PaymentSettings(NpgsqlDataSource database, ProjectDirectory directory, ProviderKeys keys)
{
    /// <summary>Sets the provider. The settings apply on this server when the call returns, on others within a second.</summary>
    /// <param name="credentials">All of the provider's; null: the stored ones remain.</param>
    /// <param name="subscriptions">The manager of new subscriptions; null: unchanged with the same provider, Tollgate with another.</param>
    public async Task SetAsync(
        ProjectSnapshot project, PaymentProvider provider, IReadOnlyDictionary<string, string>? credentials, CancellationToken cancel,
        SubscriptionsBy? subscriptions = null)
    {
        await using (var connection = await database.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await ExecuteAsync(
                connection, PaymentSettingsSql.Choose, cancel, project.Id, CatalogWords.Of(provider),
                SqlCommands.OrNull(subscriptions is { } by ? CatalogWords.Of(by) : null, NpgsqlDbType.Text));
            if (credentials is not null)
            {
                await ExecuteAsync(
                    connection, PaymentSettingsSql.SetCredentials, cancel, project.Id, CatalogWords.Of(provider),
                    keys.Close(project, provider, credentials));
            }

            await ChangeNotice.SendAsync(connection, ChangeNotice.Project(project.Id), cancel);
            await transaction.CommitAsync(cancel);
        }

        await directory.RefreshAsync(CancellationToken.None);
    }

    /// <summary>Returns the project as it is now on this server.</summary>
    public ProjectSnapshot Newest(ProjectSnapshot project) => directory.Current.ProjectsById[project.Id];

    /// <summary>Stores all keys of a provider, even one that is not chosen.</summary>
    internal async Task StoreAsync(
        ProjectSnapshot project, PaymentProvider provider, IReadOnlyDictionary<string, string> credentials, CancellationToken cancel)
    {
        await using (var connection = await database.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await ExecuteAsync(
                connection, PaymentSettingsSql.SetCredentials, cancel, project.Id, CatalogWords.Of(provider),
                keys.Close(project, provider, credentials));
            await ChangeNotice.SendAsync(connection, ChangeNotice.Project(project.Id), cancel);
            await transaction.CommitAsync(cancel);
        }

        await directory.RefreshAsync(CancellationToken.None);
    }

    /// <returns>False: there were none.</returns>
    public async Task<bool> ForgetAsync(ProjectSnapshot project, PaymentProvider provider, CancellationToken cancel)
    {
        bool isRemoved;
        await using (var connection = await database.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            isRemoved = await ExecuteAsync(
                connection, PaymentSettingsSql.RemoveCredentials, cancel, project.Id, CatalogWords.Of(provider)) > 0;
            await ChangeNotice.SendAsync(connection, ChangeNotice.Project(project.Id), cancel);
            await transaction.CommitAsync(cancel);
        }

        await directory.RefreshAsync(CancellationToken.None);
        return isRemoved;
    }

    /// <summary>Loads the settings by project, without projects that have neither chosen nor stored anything.</summary>
    internal static async Task<IReadOnlyDictionary<int, PaymentSetup>> LoadAsync(
        NpgsqlConnection connection, Func<int, PaymentSetup> defaultOf, CancellationToken cancel)
    {
        var setups = new Dictionary<int, PaymentSetup>();
        await using (var command = connection.Command(PaymentSettingsSql.LoadChoices))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                // An unknown word of a newer or older version affects only its project, which then gets the default settings.
                if (CatalogWords.TryParse<PaymentProvider>(reader.GetString(1), out var provider)
                    && CatalogWords.TryParse<SubscriptionsBy>(reader.GetString(3), out var by))
                {
                    setups[reader.GetInt32(0)] =
                        PaymentSetup.Live with { Provider = provider, Version = reader.GetInt64(2), Subscriptions = by };
                }
            }
        }

        var credentials = new List<(int Project, PaymentProvider Provider, SealedCredentials Credentials)>();
        await using (var command = connection.Command(PaymentSettingsSql.LoadCredentials))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                if (CatalogWords.TryParse<PaymentProvider>(reader.GetString(1), out var provider))
                {
                    credentials.Add(
                        (reader.GetInt32(0), provider, new(reader.GetFieldValue<byte[]>(2), reader.GetInt64(3))));
                }
            }
        }

        foreach (var ofProject in credentials.GroupBy(static one => one.Project))
        {
            setups[ofProject.Key] = (setups.GetValueOrDefault(ofProject.Key) ?? defaultOf(ofProject.Key)) with
            {
                Credentials = ofProject.ToFrozenDictionary(static one => one.Provider, static one => one.Credentials),
            };
        }

        return setups;
    }

    private static async Task<int> ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancel, params object?[] parameters)
    {
        await using var command = connection.Command(sql, parameters);
        return await command.ExecuteNonQueryAsync(cancel);
    }
}
