using System.Security.Cryptography;
using System.Text;
using Tollgate.Core.Time;
using Tollgate.Engine.Projects;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Projects;

public sealed class KeyLifeTests(FreshDatabase fresh) : IClassFixture<FreshDatabase>
{
    [Theory]
    [InlineData(KeyKind.Admin, "tg_ad_")]
    [InlineData(KeyKind.Secret, "tg_sk_")]
    [InlineData(KeyKind.Public, "tg_pk_")]
    [InlineData(KeyKind.Restricted, "tg_rk_")]
    [InlineData(KeyKind.CustomerToken, "tg_ct_")]
    public void A_text_tells_its_kind_and_holds_256_random_bits(KeyKind kind, string prefix)
    {
        var text = KeyText.Create(kind);
        text.ShouldStartWith(prefix);
        text[prefix.Length..].Length.ShouldBe(43);
        text[prefix.Length..].All(char.IsAsciiLetterOrDigit).ShouldBeTrue();
        Enumerable.Range(0, 1_000).Select(_ => KeyText.Create(kind)).Distinct().Count().ShouldBe(1_000);
    }

    [Fact]
    public void The_hash_is_plain_SHA256()
    {
        const string text = "tg_sk_abc";
        KeyHash.Of(text).ToBytes().ShouldBe(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        KeyHash.TryOf("", out _).ShouldBeFalse();
        KeyHash.TryOf(new string('x', 129), out _).ShouldBeFalse();
        KeyHash.TryOf("tg_sk_ä", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task The_database_holds_no_text_of_a_key()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var project = await server.CreateProjectAsync("no-text");
        await server.Directory.RefreshAsync();
        var token = await new IssueCustomerToken(fresh.Source, server.Directory)
            .RunAsync(server.Directory.Find("no-text")!, "u-1", TimeSpan.FromHours(1), Issuer.Server, CancellationToken.None);

        foreach (var text in (string[])[project.SecretKey.Text, project.PublicKey.Text, token.Text])
        {
            // Every column of every row, as text: neither contains the key nor its part after the prefix.
            var secretPart = text[KeyText.PrefixLength..];
            (await fresh.Database.ScalarAsync<long>(
                "SELECT count(*) FROM (SELECT k::text AS t FROM api_keys k UNION ALL SELECT c::text FROM customer_tokens c) rows WHERE t "
                    + "LIKE '%' || $1 || '%'",
                secretPart)).ShouldBe(0);
        }

        (await fresh.Database.ScalarAsync<byte[]>("SELECT hash FROM api_keys WHERE id = $1", project.SecretKey.Id))
            .ShouldBe(KeyHash.Of(project.SecretKey.Text).ToBytes());
        project.SecretKey.ToString().ShouldNotContain(project.SecretKey.Text);
        token.ToString().ShouldNotContain(token.Text);
    }

    [Fact]
    public async Task A_key_is_known_at_once_and_refused_at_once_after_its_revocation()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var project = await server.CreateProjectAsync("at-once");
        var hash = KeyHash.Of(project.SecretKey.Text);
        var known = server.Directory.Find(hash).ShouldNotBeNull();
        known.Caller.Project!.Code.ShouldBe("at-once");
        known.Caller.Kind.ShouldBe(KeyKind.Secret);
        known.RevokedAt.ShouldBeNull();

        var revoke = new RevokeKey(fresh.Source, server.Directory);
        (await revoke.RunAsync(project.Id, project.SecretKey.Id, CancellationToken.None)).ShouldBe(RevokeOutcome.Revoked);
        server.Directory.Find(hash)!.RevokedAt.ShouldNotBeNull();
        (await revoke.RunAsync(project.Id, project.SecretKey.Id, CancellationToken.None)).ShouldBe(RevokeOutcome.Revoked);
    }

    [Fact]
    public async Task Another_projects_key_cannot_be_touched()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var mine = await server.CreateProjectAsync("mine");
        var theirs = await server.CreateProjectAsync("theirs");
        var revoke = new RevokeKey(fresh.Source, server.Directory);
        var rotate = new RotateKey(fresh.Source, server.Directory);
        (await revoke.RunAsync(mine.Id, theirs.SecretKey.Id, CancellationToken.None)).ShouldBe(RevokeOutcome.NotFound);
        (await rotate.RunAsync(mine.Id, theirs.SecretKey.Id, null, TimeSpan.Zero, CancellationToken.None)).Fault.ShouldBe(
            RotateFault.NotFound);
        (await revoke.RunAsync(null, theirs.SecretKey.Id, CancellationToken.None)).ShouldBe(RevokeOutcome.NotFound);
        server.Directory.Find(KeyHash.Of(theirs.SecretKey.Text))!.RevokedAt.ShouldBeNull();
    }

    [Fact]
    public async Task Rotation_keeps_the_rights_and_ends_the_old_key()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var project = await server.CreateProjectAsync("rotation");
        var order = new KeyOrder(KeyKind.Restricted, "importer", Scope.GateWrite | Scope.UsageRead, ["203.0.113.0/24"], null);
        var old = await server.CreateKey.RunAsync(project.Id, order, CancellationToken.None);

        var rotate = new RotateKey(fresh.Source, server.Directory);
        var fresher = (await rotate.RunAsync(project.Id, old.Id, null, TimeSpan.Zero, CancellationToken.None)).Key.ShouldNotBeNull();
        var resolved = server.Directory.Find(KeyHash.Of(fresher.Text)).ShouldNotBeNull();
        resolved.Caller.Scopes.ShouldBe(order.Scopes);
        resolved.Networks.Single().ToString().ShouldBe("203.0.113.0/24");
        server.Directory.Find(KeyHash.Of(old.Text))!.RevokedAt.ShouldNotBeNull();

        (await rotate.RunAsync(project.Id, old.Id, null, TimeSpan.Zero, CancellationToken.None)).Fault.ShouldBe(RotateFault.Revoked);
        var narrow = await server.CreateKey.RunAsync(
            project.Id, order with { Scopes = Scope.KeysWrite, Networks = [] }, CancellationToken.None);
        (await rotate.RunAsync(project.Id, fresher.Id, narrow.Id, TimeSpan.Zero, CancellationToken.None))
            .Fault.ShouldBe(RotateFault.MoreThanCaller);
    }

    [Fact]
    public async Task Rotation_with_a_grace_leaves_both_keys_valid_for_that_long()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var project = await server.CreateProjectAsync("grace");
        var rotate = new RotateKey(fresh.Source, server.Directory);
        await rotate.RunAsync(project.Id, project.SecretKey.Id, null, TimeSpan.FromHours(1), CancellationToken.None);
        var old = server.Directory.Find(KeyHash.Of(project.SecretKey.Text)).ShouldNotBeNull();
        old.RevokedAt.ShouldBeNull();
        (old.ExpiresAt - server.Clock.Now()).ShouldBeInRange(TimeSpan.FromMinutes(58), TimeSpan.FromMinutes(62));
    }

    [Fact]
    public async Task The_last_admin_key_stays()
    {
        await fresh.Database.ExecuteAsync("DELETE FROM api_keys WHERE kind = 'admin'");
        using var server = new ProjectsWorld(fresh.Database);
        var first = await server.CreateKey.RunAsync(null, KeyOrder.Plain(KeyKind.Admin, "a"), CancellationToken.None);
        var revoke = new RevokeKey(fresh.Source, server.Directory);
        (await revoke.RunAsync(null, first.Id, CancellationToken.None)).ShouldBe(RevokeOutcome.LastAdminKey);

        var second = await server.CreateKey.RunAsync(null, KeyOrder.Plain(KeyKind.Admin, "b"), CancellationToken.None);
        var both = await Task.WhenAll(
            revoke.RunAsync(null, first.Id, CancellationToken.None), revoke.RunAsync(null, second.Id, CancellationToken.None));
        both.Order().ShouldBe([RevokeOutcome.Revoked, RevokeOutcome.LastAdminKey]);
    }

    [Fact]
    public async Task The_time_of_the_last_use_is_written_late_and_once()
    {
        using var server = new ProjectsWorld(fresh.Database);
        var project = await server.CreateProjectAsync("last-use");
        using var housekeeping = new ProjectHousekeeping(
            fresh.Source, server.Directory, Microsoft.Extensions.Logging.Abstractions.NullLogger<ProjectHousekeeping>.Instance);
        var at = Instant.FromUnixSeconds(1_795_000_000);
        server.Directory.Find(KeyHash.Of(project.SecretKey.Text))!.Use.Note(at);
        (await LastUse(project.SecretKey.Id)).ShouldBeNull();

        await server.Directory.RefreshAsync();
        await housekeeping.WriteUsesAsync(CancellationToken.None);
        (await LastUse(project.SecretKey.Id)).ShouldBe(at.ToUtc());
        (await LastUse(project.PublicKey.Id)).ShouldBeNull();
        server.Directory.Find(KeyHash.Of(project.SecretKey.Text))!.Use.TryTake(out _).ShouldBeFalse();
    }

    private async Task<DateTime?> LastUse(Guid key) =>
        await fresh.Database.ScalarAsync<DateTime>("SELECT last_used_at FROM api_keys WHERE id = $1", key) is var at && at == default
            ? null
            : at;
}
