using Tollgate.Engine.Postgres;
using Tollgate.Server.Http.Pages;

namespace Tollgate.Server.Hosting;

/// <summary>The screen that an operator sees once the server is ready.</summary>
internal static class StartScreen
{
    private const string ExampleProject = "resume-ats";

    public static void Print(ServerOptions options, PrivatePostgres? postgres)
    {
        var database = postgres is null
            ? DatabaseUrl.WithoutSecrets(options.Database!)
            : $"PostgreSQL {postgres.Binaries.Version} in {Path.Combine(options.Data, "postgres")}";
        Console.WriteLine($"""

            Tollgate is ready.

              API        {options.Url}
              Docs       {options.Url}/docs{(options.Demo ? $"\n  Demo       {options.Url}{StartPages.DemoPortal}: the portal of a demo customer" : "")}
              Keys       {DataFolder.KeysFileOf(options.Data)}
              Database   {database}
            {Example(options)}
            Ctrl-C stops it.
            """);
    }

    /// <summary>An example request for any shell; the key stays in its file.</summary>
    private static string Example(ServerOptions options)
    {
        var entry = KeysFile.SecretEntry(ExampleProject);
        if (!KeysFile.Read(options.Data).ContainsKey(entry))
        {
            return "";
        }

        var file = DataFolder.KeysFileOf(options.Data).Replace("'", @"'\''", StringComparison.Ordinal);
        return $$"""

            May the customer user_1 of resume-ats run a scan? Paste this; with consume instead of check it is recorded too.

              curl -s {{options.Url}}/v1/check \
                -H "Authorization: Bearer $(sed -n 's/^{{entry}}=//p' '{{file}}')" \
                -H 'Content-Type: application/json' \
                -d '{"customer": "user_1", "feature": "ats_scan"}'

            """;
    }
}
