using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Core;
using Tollgate.Core.Branding;
using Tollgate.Engine.Postgres;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Branding;

/// <summary>Sets a project's branding: immediately on this server, within a second on others.</summary>
public sealed class SetBranding(NpgsqlDataSource database, ProjectDirectory directory)
{
    private const int HashBytes = 8;

    /// <param name="wanted">Its logo is ignored.</param>
    /// <param name="hasLogo">True: the logo is set, or removed if null; otherwise it stays.</param>
    /// <param name="logo">A PNG or JPEG, at most <see cref="BrandLogo.LargestLogo"/>.</param>
    /// <returns>The branding after the change.</returns>
    public async Task<Brand> RunAsync(ProjectSnapshot project, Brand wanted, bool hasLogo, byte[]? logo, CancellationToken cancel)
    {
        var type = logo is null ? null : BrandLogo.ExtensionOf(logo);
        Invariant.That(logo is null || (type is not null && logo.Length <= BrandLogo.LargestLogo), "Logos are checked before they are set.");
        await using (var connection = await database.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await connection.ExecuteAsync(
                BrandingSql.Set, cancel, project.Id, Text(wanted.Name), Text(wanted.Accent?.ToString()), (short)wanted.Radius, hasLogo,
                SqlCommands.OrNull(logo, NpgsqlDbType.Bytea), Text(logo is null ? null : HashOf(logo)), Text(type));
            await ChangeNotice.SendAsync(connection, ChangeNotice.Project(project.Id), cancel);
            await transaction.CommitAsync(cancel);
        }

        await directory.RefreshAsync(CancellationToken.None);
        return directory.Current.ProjectsById[project.Id].Brand;
    }

    /// <summary>Returns the picture of this hash; null: the project has another one by now, or none.</summary>
    public async Task<byte[]?> FindLogoAsync(ProjectSnapshot project, string hash, CancellationToken cancel)
    {
        await using var command = database.Command(BrandingSql.Logo, project.Id, hash);
        return await command.ExecuteScalarAsync(cancel) as byte[];
    }

    private static NpgsqlParameter Text(string? value) => SqlCommands.OrNull(value, NpgsqlDbType.Text);

    private static string HashOf(byte[] picture) => Convert.ToHexStringLower(SHA256.HashData(picture).AsSpan(0, HashBytes));
}
