using Tollgate.Engine.Postgres;

namespace Tollgate.Server.Hosting;

/// <summary>What an operator sees once the server is ready.</summary>
internal static class StartScreen
{
    public static void Print(ServerOptions options, PrivatePostgres? postgres)
    {
        var keys = DataFolder.KeysFileOf(options.Data);
        Console.WriteLine($"""

            Tollgate is ready.

              API        {options.Url}
              Docs       {options.Url}/docs
              Keys       {keys}
              Database   {(postgres is null ? DatabaseUrl.WithoutSecrets(options.Database!) : $"PostgreSQL {postgres.Binaries.Version} in {Path.Combine(options.Data, "postgres")}")}

            Ctrl-C stops it.
            """);
    }
}
