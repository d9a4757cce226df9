using System.Globalization;
using Npgsql;

namespace Tollgate.Engine.Postgres;

/// <summary>
/// Parses the value of <c>--database</c>: <c>postgres://user:password@host:5432/name?sslmode=require</c>, or Npgsql's
/// <c>Host=…;Username=…;Database=…</c>. Error messages name the wrong part and never show the password.
/// </summary>
public static class DatabaseUrl
{
    /// <exception cref="StartRefusedException">The text has neither form.</exception>
    public static string ToConnectionString(string text)
    {
        try
        {
            var builder = text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase)
                || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)
                ? FromUrl(new Uri(text))
                : new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(builder.Host))
            {
                throw new StartRefusedException("The value of --database names no host. Use postgres://user:password@host:5432/name.");
            }

            builder.Database = string.IsNullOrEmpty(builder.Database) ? builder.Username : builder.Database;
            return builder.ConnectionString;
        }
        catch (Exception e) when (e is UriFormatException or ArgumentException or FormatException or KeyNotFoundException)
        {
            // The cause may quote the text, and with it the password: the message neither shows nor keeps it.
            throw new StartRefusedException(
                "The value of --database cannot be read. Use postgres://user:password@host:5432/name "
                + "(characters such as @ : / in the password written as %40 %3A %2F), or Host=…;Username=…;Password=…;Database=….");
        }
    }

    /// <summary>Host, port and database, for messages.</summary>
    public static string WithoutSecrets(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        return string.Create(CultureInfo.InvariantCulture, $"{builder.Host}:{builder.Port}/{builder.Database}");
    }

    private static NpgsqlConnectionStringBuilder FromUrl(Uri url)
    {
        var user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.IsDefaultPort || url.Port < 0 ? 5432 : url.Port,
            Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
        };
        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length > 1)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var value = Uri.UnescapeDataString(parts.Length > 1 ? parts[1] : "");
            switch (parts[0])
            {
                // libpq's names where Npgsql's differ.
                case "host":
                    builder.Host = value;
                    break;
                case "sslmode":
                    builder.SslMode = Enum.Parse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
                    break;
                case "sslrootcert":
                    builder.RootCertificate = value;
                    break;
                case "application_name":
                    builder.ApplicationName = value;
                    break;
                default:
                    builder[parts[0]] = value;
                    break;
            }
        }

        return builder;
    }
}
