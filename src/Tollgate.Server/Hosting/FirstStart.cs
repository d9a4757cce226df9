using Tollgate.Engine.Projects;
using Tollgate.Server.Catalog;

namespace Tollgate.Server.Hosting;

/// <summary>
/// Fills an empty database with a project for each built-in catalogue, and writes their keys to keys.env. With any other database, it
/// changes only the URL in keys.env, and adds an admin key on request.
/// </summary>
internal static class FirstStart
{
    public static async Task EnsureAsync(IServiceProvider services, ServerOptions options, ILogger logger, CancellationToken cancel)
    {
        var first = await services.GetRequiredService<CreateFirstProjects>().RunAsync(
            await BuiltInCatalogs.ReadAsync(cancel),
            // The customers of a demo pay with the cards of the sandbox.
            options.Demo ? ProjectMode.Sandbox : ProjectMode.Live,
            (keys, _) =>
            {
                Save(keys, options, logger);
                return Task.CompletedTask;
            },
            cancel);
        if (first is not null)
        {
            logger.LogInformation("Created {Projects} projects from the built-in catalogues.", first.Projects.Count);
            return;
        }

        var entries = new OrderedDictionary<string, string>(StringComparer.Ordinal) { [KeysFile.UrlEntry] = options.Url };
        foreach (var (name, value) in KeysFile.Read(options.Data))
        {
            entries.TryAdd(name, value);
        }

        if (options.NewAdminKey)
        {
            var key = await services.GetRequiredService<CreateKey>()
                .RunAsync(null, KeyOrder.Plain(KeyKind.Admin, "created by up --new-admin-key"), cancel);
            entries[KeysFile.AdminEntry] = key.Text;
            logger.LogInformation("Created a new admin key. Earlier keys stay valid until you revoke them.");
        }

        if (!entries.ContainsKey(KeysFile.AdminEntry))
        {
            logger.LogWarning(
                "{File} has no admin key, and the database only stores hashes. Start once with --new-admin-key to create one, "
                + "then create project keys with \"tollgate keys create --project <code>\".",
                Engine.Postgres.DataFolder.KeysFileOf(options.Data));
        }

        KeysFile.Write(options.Data, entries);
    }

    /// <summary>
    /// Saves the keys. If the file holds keys of another database (the folder was used with another --database), it renames that file
    /// first.
    /// </summary>
    private static void Save(FirstKeys keys, ServerOptions options, ILogger logger)
    {
        if (KeysFile.Read(options.Data).ContainsKey(KeysFile.AdminEntry))
        {
            var kept = KeysFile.KeepOld(options.Data);
            logger.LogWarning("The database is empty, but keys.env had the keys of another one. Tollgate moved them to {File}.", kept);
        }

        var entries = new OrderedDictionary<string, string>(StringComparer.Ordinal)
        {
            [KeysFile.UrlEntry] = options.Url,
            [KeysFile.AdminEntry] = keys.Admin.Text,
        };
        foreach (var project in keys.Projects)
        {
            entries[KeysFile.SecretEntry(project.Order.Code)] = project.SecretKey.Text;
            entries[KeysFile.PublicEntry(project.Order.Code)] = project.PublicKey.Text;
        }

        KeysFile.Write(options.Data, entries);
    }
}
