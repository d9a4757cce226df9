using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>Rooms: the names of folders, the permitted directions, and the page that each room has.</summary>
public sealed partial class RoomTests
{
    private static readonly string[] BannedFolders =
    [
        "Common", "Helper", "Helpers", "Util", "Utils", "Utilities", "Manager", "Managers", "Service", "Services", "Model", "Models",
        "Interface", "Interfaces", "Misc", "Shared", "Extensions", "Repositories", "Handlers", "Commands", "Dto", "Dtos", "Base",
    ];

    /// <summary>
    /// The rank of each room of Core, Engine and Server: inside a project, a room uses only rooms of a lower rank. Rooms in one line are
    /// one stage: a room of the engine may use the nouns that Core has of its own stage and of earlier ones.
    /// </summary>
    private static readonly string[][] Flow =
    [
        ["Time"],
        ["Money"],
        ["Postgres"],
        ["Clocks"],
        ["Secrets"],
        ["Limits"],
        ["Http"],
        ["Outbound"],
        ["Catalog"],
        ["Projects"],
        ["Branding"],
        ["Jobs"],
        ["Customers", "Subscriptions"],
        ["Metering", "Ledger", "Quotas", "Grants"],
        ["Llm", "Gateway"],
        ["Costs"],
        ["Rating"],
        ["Invoicing"],
        ["Payments"],
        ["Checkouts"],
        ["Dunning"],
        ["Inbox"],
        ["Billing"],
        ["Analytics"],
        ["Alerts"],
        ["Webhooks"],
        ["Mail"],
        ["Reports"],
        ["Notices"],
        ["Privacy"],
        ["Imports"],
        ["Verification"],
        ["Backup"],
        ["SeedDoors"],
        ["Hosting"],
        ["Supply"],
        ["Cli"],
    ];

    /// <summary>The types of each project's rooms: <c>Hosting.Settings</c> names a room only if it has such a type.</summary>
    private static readonly Lazy<IReadOnlySet<(string Project, string Room, string Type)>> Types = new(static () =>
        Repository.SourcesUnder("src").SelectMany(static source =>
                source.Root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
                    .Select(type => (source.File.Project, source.File.Room, type.Identifier.ValueText)))
            .ToHashSet());

    private static readonly string[] Ranked = ["Tollgate.Core", "Tollgate.Engine", "Tollgate.Server"];

    /// <summary>Intended directions against the ranks. Subject: <c>project/room -> room</c>.</summary>
    private static readonly Allowed[] AgainstTheRanks =
    [
        new("Tollgate.Engine/Metering -> Ledger",
            "Core's Metering says how an event counts, before any balance; the engine's shows the events and decisions that the ledger "
                + "recorded."),
        new("Tollgate.Server/Metering -> Quotas",
            "The same events come in by these endpoints, and what the gate decided on them is answered in its words."),
    ];

    /// <summary>Folders of the engine that are no rooms and need no page of their own.</summary>
    private static readonly Allowed[] WithoutReadme = [];

    private static readonly string[] ReadmeParts = ["owns", "does not own", "invariants", "time", "failure"];

    [Fact]
    public void No_folder_is_a_drawer() =>
        Repository.Files.SelectMany(Drawers)
            .ShouldBeNone("Folders are named after what flows through them, not after kinds of classes (STYLE 1).");

    [Fact]
    public void Every_room_has_a_rank() =>
        Rooms().Where(room => StageOf(room.Room) < 0)
            .Select(room => new Finding(room.Path, 1, $"\"{room.Room}\" has no rank: give it one in RoomTests.Flow."))
            .ShouldBeNone("Each folder of Core, Engine and Server has a place in the flow.");

    [Fact]
    public void Rooms_know_earlier_rooms_only() =>
        Repository.SourcesUnder("src").SelectMany(LooksAhead)
            .Except(AgainstTheRanks, "tests/Tollgate.Tidy/RoomTests.cs")
            .ShouldBeNone("A room uses one that comes later in the flow. Turn the call around, or let a later room conduct both.");

    [Fact]
    public void Three_exceptions_from_the_ranks_are_enough() => AgainstTheRanks.Length.ShouldBeLessThanOrEqualTo(3);

    /// <summary>Draws the graph from the code alone: neither a rank nor an exception permits a circle.</summary>
    [Fact]
    public void No_rooms_use_each_other_in_a_circle() =>
        Ranked.Concat(["Tollgate.Contracts", "Tollgate.Web"])
            .SelectMany(project => Circles(project, Arrows(Repository.SourcesUnder($"src/{project}"))))
            .ShouldBeNone(
                "These rooms cannot be read one after the other. Move what they share to the first of them, "
                    + "or what conducts them to a later one.");

    [Fact]
    public void Every_room_of_the_engine_has_its_page() =>
        EngineRooms().SelectMany(MissingPage)
            .Except(WithoutReadme, "tests/Tollgate.Tidy/RoomTests.cs")
            .ShouldBeNone("Each room has a README.md of one page: owns · does not own · invariants · time · failure (STYLE 3).");

    [Theory]
    [InlineData("src/Tollgate.Core/Ledger/X.cs", "using Tollgate.Core.Rating;")]
    [InlineData("src/Tollgate.Engine/Catalog/X.cs", "using Tollgate.Engine.Quotas;")]
    [InlineData("src/Tollgate.Engine/Ledger/X.cs", "using Tollgate.Engine.Quotas;")]
    [InlineData("src/Tollgate.Engine/Projects/X.cs", "using Tollgate.Core.Payments;")]
    [InlineData("src/Tollgate.Server/Http/X.cs", "using Tollgate.Server.Hosting;")]
    [InlineData("src/Tollgate.Engine/Payments/X.cs", "class X { Billing.RunDue? run; }")]
    [InlineData("src/Tollgate.Server/Http/X.cs", "class X { string Url => Hosting.FirstStart.Url; }")]
    [InlineData("src/Tollgate.Engine/Catalog/X.cs", "class X { Core.Invoicing.Invoice? i; }")]
    public void The_direction_rule_sees_an_offender(string path, string code) =>
        LooksAhead(SourceFile.Parse(path, code)).ShouldNotBeEmpty();

    [Fact]
    public void The_rule_of_circles_sees_one_that_goes_round_three_rooms()
    {
        SourceFile[] sources =
        [
            SourceFile.Parse("src/Tollgate.Engine/Payments/X.cs", "using Tollgate.Engine.Checkouts;"),
            SourceFile.Parse("src/Tollgate.Engine/Checkouts/X.cs", "namespace Tollgate.Engine.Checkouts; class X { Dunning.Y? y; }"),
            SourceFile.Parse("src/Tollgate.Engine/Dunning/X.cs", "using Tollgate.Engine.Payments;"),
            SourceFile.Parse("src/Tollgate.Engine/Catalog/X.cs", "using Tollgate.Engine.Payments;"),
        ];
        var circle = Circles("Tollgate.Engine", Arrows(sources)).ShouldHaveSingleItem();
        circle.What.ShouldContain("Checkouts, Dunning, Payments");
        circle.What.ShouldNotContain("Catalog");
    }

    [Fact]
    public void The_drawer_rule_sees_an_offender() => Drawers(new("src/Tollgate.Engine/Helpers/X.cs", "")).ShouldNotBeEmpty();

    private static IEnumerable<Finding> Drawers(TextFile file) =>
        file.Folders.Where(folder => BannedFolders.Contains(folder, StringComparer.OrdinalIgnoreCase))
            .Select(folder =>
                new Finding(file.Path, 1, $"folder \"{folder}\" names a kind: give the file to the room whose words it speaks."));

    private static IEnumerable<(string, Finding)> LooksAhead(SourceFile source)
    {
        var (project, own) = (source.File.Project, source.File.Room);
        if (StageOf(own) < 0 || !Ranked.Contains(project, StringComparer.Ordinal))
        {
            yield break;
        }

        foreach (var (name, layer, room) in RoomsNamedIn(source))
        {
            // Doors join rooms that the engine separates: they have ranks among themselves.
            var isAhead = layer == project
                ? RankOf(room).CompareTo(RankOf(own)) > 0
                : project != "Tollgate.Server" && StageOf(room) > StageOf(own);
            if (isAhead)
            {
                yield return ($"{project}/{own} -> {room}",
                    new(source.File.Path, source.LineOf(name), $"{own} must not know {room}, which comes later."));
            }
        }
    }

    /// <summary>For each room, the rooms of the same project that it uses, with one place of each use.</summary>
    private static Dictionary<string, Dictionary<string, Finding>> Arrows(IEnumerable<SourceFile> sources)
    {
        var arrows = new Dictionary<string, Dictionary<string, Finding>>(StringComparer.Ordinal);
        foreach (var source in sources.Where(static source => source.File.Room.Length > 0))
        {
            var from = source.File.Room;
            foreach (var (name, layer, room) in RoomsNamedIn(source)
                .Where(named => named.Layer == source.File.Project && named.Room != from))
            {
                arrows.TryAdd(from, new(StringComparer.Ordinal));
                arrows[from].TryAdd(room, new(source.File.Path, source.LineOf(name), $"{from} uses {room}"));
            }
        }

        return arrows;
    }

    /// <summary>Rooms each of which is reached from each other one: the strongly connected components of more than one.</summary>
    private static IEnumerable<Finding> Circles(string project, Dictionary<string, Dictionary<string, Finding>> arrows)
    {
        var reached = arrows.Keys.ToDictionary(static room => room, room => Reached(room), StringComparer.Ordinal);
        var circles = arrows.Keys.Where(room => reached[room].Contains(room))
            .GroupBy(
                room => string.Join(
                    ", ", arrows.Keys.Where(other => reached[room].Contains(other) && reached[other].Contains(room))
                        .Order(StringComparer.Ordinal)));
        foreach (var circle in circles)
        {
            var members = circle.ToHashSet(StringComparer.Ordinal);
            var inside = circle.SelectMany(room => arrows[room].Where(arrow => members.Contains(arrow.Key))
                .Select(static arrow => arrow.Value)).ToArray();
            yield return new(
                inside[0].Path, inside[0].Line,
                $"{project}: {circle.Key} ({string.Join("; ", inside.Select(static arrow => $"{arrow.What}, {arrow.Path}:{arrow.Line}"))})");
        }

        HashSet<string> Reached(string room)
        {
            var (seen, next) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>([room]));
            while (next.TryPop(out var at))
            {
                foreach (var to in arrows.GetValueOrDefault(at)?.Keys ?? Enumerable.Empty<string>())
                {
                    if (seen.Add(to))
                    {
                        next.Push(to);
                    }
                }
            }

            return seen;
        }
    }

    /// <summary>The namespaces that a file imports, and the names that it qualifies with one.</summary>
    private static IEnumerable<(NameSyntax Name, string Layer, string Room)> RoomsNamedIn(SourceFile source)
    {
        foreach (var name in source.Root.DescendantNodes().OfType<NameSyntax>())
        {
            if (name.Parent is QualifiedNameSyntax || name.Parent is BaseNamespaceDeclarationSyntax)
            {
                continue;
            }

            var text = name.ToString();
            if (RoomReference().Match(text) is { Success: true } match)
            {
                yield return (name, "Tollgate." + match.Groups[1].Value, match.Groups[2].Value);
            }
            else if (name is QualifiedNameSyntax && text[..text.IndexOf('.')] is var first && StageOf(first) >= 0)
            {
                // "Billing.RunDue" inside of Tollgate.Engine.
                yield return (name, source.File.Project, first);
            }
        }

        // "Core.Quotas.Rules.Do()" and "Billing.RunDue.Do()" are member accesses to a parser.
        foreach (var access in source.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(static access => access.Parent is not MemberAccessExpressionSyntax))
        {
            var (text, name) = (access.ToString(), access.DescendantNodes().OfType<NameSyntax>().First());
            if (RoomReference().Match(text) is { Success: true } match)
            {
                yield return (name, "Tollgate." + match.Groups[1].Value, match.Groups[2].Value);
            }
            else if (text.Split('.') is [var room, var type, ..] && Types.Value.Contains((source.File.Project, room, type)))
            {
                yield return (name, source.File.Project, room);
            }
        }
    }

    private static int StageOf(string room) => Array.FindIndex(Flow, stage => stage.Contains(room, StringComparer.Ordinal));

    /// <summary>The stage, and the position in it.</summary>
    private static (int, int) RankOf(string room) =>
        StageOf(room) is >= 0 and var stage ? (stage, Array.IndexOf(Flow[stage], room)) : (-1, 0);

    private static IEnumerable<(string Room, string Path)> Rooms() =>
        Ranked.SelectMany(static project => Repository.SourcesUnder($"src/{project}")).Where(static source => source.File.Room.Length > 0)
            .GroupBy(static source => source.File.Room, static (room, sources) => (room, sources.First().File.Path));

    private static IEnumerable<string> EngineRooms() =>
        Repository.SourcesUnder("src/Tollgate.Engine").Select(source => source.File.Room).Where(room => room.Length > 0)
            .Distinct(StringComparer.Ordinal);

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

    [GeneratedRegex(@"^(?:global::)?(?:Tollgate\.)?(Core|Engine|Server|Web)\.(\w+)")]
    private static partial Regex RoomReference();
}
