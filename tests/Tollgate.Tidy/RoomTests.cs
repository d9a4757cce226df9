using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>Rooms: how folders are named, who may look at whom, and the page that each room has.</summary>
public sealed partial class RoomTests
{
    private static readonly string[] BannedFolders =
    [
        "Common", "Helper", "Helpers", "Util", "Utils", "Utilities", "Manager", "Managers", "Service", "Services", "Model", "Models",
        "Interface", "Interfaces", "Misc", "Shared", "Extensions", "Repositories", "Handlers", "Commands", "Dto", "Dtos", "Base",
    ];

    /// <summary>
    /// The flow of DESIGN section 1, by host. Code of a host knows its own and earlier stages, never later ones: usage
    /// does not know invoices. Quotas and Ledger are one host (a decision and its record are one transaction).
    /// </summary>
    private static readonly string[][] Flow =
    [
        ["Money", "Time"],
        ["Catalog"],
        ["Subscriptions"],
        ["Metering"],
        ["Quotas", "Ledger"],
        ["Rating"],
        ["Invoicing"],
        ["Payments"],
        ["Checkouts"],
        ["Dunning"],
        ["Inbox"],
        ["ProviderManaged"],
        ["Analytics"],
    ];

    /// <summary>Directions against the flow that are meant. Subject: <c>project/room -> room</c>.</summary>
    private static readonly Allowed[] AgainstTheFlow =
    [
        new("Tollgate.Core/Time -> Catalog", "The kinds of quota periods are words of the catalogue; the arithmetic of periods belongs to Time."),
        new("Tollgate.Engine/Metering -> Ledger", "Facts are shown as the ledger recorded them; nothing is written that way."),
        new("Tollgate.Engine/Ledger -> Invoicing", "One command verifies the books of all rooms in one snapshot."),
        new("Tollgate.Engine/Ledger -> Payments", "One command verifies the books of all rooms in one snapshot."),
        new("Tollgate.Engine/Subscriptions -> Invoicing", "A step and what it is billed with are one transaction; invoicing knows nothing of how steps are stored."),
        new("Tollgate.Engine/Ledger -> Dunning", "One command verifies the books of all rooms in one snapshot."),
        new("Tollgate.Engine/Subscriptions -> Payments", "What a provider says of a subscription that it manages is told in the words of Payments, and followed as any step."),
        new("Tollgate.Engine/Subscriptions -> Dunning", "An invoice and the wish to collect it are one transaction."),
        new("Tollgate.Engine/Invoicing -> Dunning", "An invoice that asks for nothing any more is not collected: that is looked at at once."),
        new("Tollgate.Engine/Payments -> Checkouts", "Money that came for a checkout and what it buys are one transaction."),
        new("Tollgate.Engine/Payments -> Dunning", "How an attempt ends and what that does to collecting are one transaction."),
        new("Tollgate.Engine/Checkouts -> ProviderManaged", "A checkout at whose end the provider has the subscription begins and ends on the provider's page."),
        new("Tollgate.Engine/Subscriptions -> Quotas", "Quotas follow a step at once: the books in memory are told to forget."),
        new("Tollgate.Engine/Subscriptions -> Ledger", "A step that begins a billing cycle ends the quota periods that run, in its own transaction."),
        new("Tollgate.Engine/Metering -> Quotas", "The outcomes of recorded decisions are words of Quotas; nothing is decided that way."),
    ];

    /// <summary>Folders of the engine that are no rooms and need no page of their own.</summary>
    private static readonly Allowed[] WithoutReadme = [];

    private static readonly string[] ReadmeParts = ["owns", "does not own", "invariants", "time", "failure"];

    [Fact]
    public void No_folder_is_a_drawer() =>
        Repository.Files.SelectMany(Drawers).ShouldBeNone("Folders are named after what flows through them, not after kinds of classes (STYLE 1).");

    [Fact]
    public void Rooms_know_earlier_rooms_only() =>
        Repository.SourcesUnder("src").SelectMany(LooksAhead)
            .Except(AgainstTheFlow, "tests/Tollgate.Tidy/RoomTests.cs")
            .ShouldBeNone("A room uses one that comes later in the flow (DESIGN section 1). Turn the call around, or list it with its reason.");

    [Fact]
    public void Every_room_of_the_engine_has_its_page() =>
        EngineRooms().SelectMany(MissingPage)
            .Except(WithoutReadme, "tests/Tollgate.Tidy/RoomTests.cs")
            .ShouldBeNone("Each room has a README.md of one page: owns · does not own · invariants · time · failure (STYLE 3).");

    [Fact]
    public void Rooms_of_the_engine_carry_names_that_are_known()
    {
        var known = Repository.Files.Where(file => file.IsUnder("src/Tollgate.Core")).Select(file => file.Room)
            .Concat(KnownRooms).Where(room => room.Length > 0).ToHashSet(StringComparer.Ordinal);
        Repository.SourcesUnder("src/Tollgate.Engine").Where(source => source.File.Room.Length > 0 && !known.Contains(source.File.Room))
            .Select(source => new Finding(source.File.Path, 1, $"\"{source.File.Room}\" is neither a room of DESIGN section 1 nor of Core."))
            .ShouldBeNone("The same room has the same name in Core, Engine, Server and tests.");
    }

    [Theory]
    [InlineData("src/Tollgate.Core/Metering/X.cs", "using Tollgate.Core.Rating;")]
    [InlineData("src/Tollgate.Engine/Catalog/X.cs", "using Tollgate.Engine.Quotas;")]
    [InlineData("src/Tollgate.Engine/Catalog/X.cs", "class X { Core.Invoicing.Invoice? i; }")]
    public void The_direction_rule_sees_an_offender(string path, string code) => LooksAhead(SourceFile.Parse(path, code)).ShouldNotBeEmpty();

    [Fact]
    public void The_drawer_rule_sees_an_offender() => Drawers(new("src/Tollgate.Engine/Helpers/X.cs", "")).ShouldNotBeEmpty();

    private static readonly string[] KnownRooms =
    [
        "Catalog", "Subscriptions", "Metering", "Quotas", "Ledger", "Rating", "Invoicing", "Payments", "Checkouts", "Dunning", "Inbox", "ProviderManaged", "Analytics", "Llm", "Growth",
        "Alerts", "Webhooks", "Projects", "Customers", "Clocks", "Jobs", "Schema", "Verification", "Health", "Hosting", "Postgres", "Secrets", "Backup",
    ];

    private static IEnumerable<Finding> Drawers(TextFile file) =>
        file.Folders.Where(folder => BannedFolders.Contains(folder, StringComparer.OrdinalIgnoreCase))
            .Select(folder => new Finding(file.Path, 1, $"folder \"{folder}\" names a kind: give the file to the room whose words it speaks."));

    private static IEnumerable<(string, Finding)> LooksAhead(SourceFile source)
    {
        var own = StageOf(source.File.Room);
        if (own < 0 || source.File.Project is not ("Tollgate.Core" or "Tollgate.Engine"))
        {
            yield break;
        }

        foreach (var name in source.Root.DescendantNodes().OfType<NameSyntax>())
        {
            if (name.Parent is QualifiedNameSyntax || RoomReference().Match(name.ToString()) is not { Success: true } match)
            {
                continue;
            }

            var room = match.Groups[1].Value;
            if (StageOf(room) > own)
            {
                yield return ($"{source.File.Project}/{source.File.Room} -> {room}",
                    new(source.File.Path, source.LineOf(name), $"{source.File.Room} must not know {room}, which comes later."));
            }
        }
    }

    private static int StageOf(string room) => Array.FindIndex(Flow, host => host.Contains(room, StringComparer.Ordinal));

    private static IEnumerable<string> EngineRooms() =>
        Repository.SourcesUnder("src/Tollgate.Engine").Select(source => source.File.Room).Where(room => room.Length > 0).Distinct(StringComparer.Ordinal);

    private static IEnumerable<(string, Finding)> MissingPage(string room)
    {
        var path = $"src/Tollgate.Engine/{room}/README.md";
        if (Repository.Files.FirstOrDefault(file => file.Path == path) is not { } page)
        {
            yield return (room, new(path, 1, "is missing."));
            yield break;
        }

        foreach (var part in ReadmeParts.Where(part => RoomPage.Section(page, part) is null))
        {
            yield return (room, new(path, 1, $"has no section \"## {char.ToUpperInvariant(part[0])}{part[1..]}\"."));
        }
    }

    [GeneratedRegex(@"^(?:global::)?(?:Tollgate\.)?(?:Core|Engine)\.(\w+)")]
    private static partial Regex RoomReference();
}
