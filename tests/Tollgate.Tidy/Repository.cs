using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>A file of the repository, its path relative to the root with forward slashes.</summary>
public sealed record TextFile(string Path, string Text)
{
    private string[]? _lines;

    public IReadOnlyList<string> Lines => _lines ??= Text.Split('\n');

    /// <summary>The folders of the path: <c>src/Tollgate.Engine/Quotas/X.cs</c> gives <c>src, Tollgate.Engine, Quotas</c>.</summary>
    public string[] Folders => Path.Split('/')[..^1];

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The project's folder name below <c>src</c>, <c>tests</c> or <c>bench</c>; empty elsewhere.</summary>
    public string Project => Folders is [_, var project, ..] ? project : "";

    /// <summary>The room: the first folder inside the project; empty for a file at the project's top.</summary>
    public string Room => Folders is [_, _, var room, ..] ? room : "";

    public bool IsUnder(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    /// <summary>The line (from 1) of a position in <see cref="Text"/>.</summary>
    public int LineAt(int position) => Text.AsSpan(0, position).Count('\n') + 1;
}

/// <summary>
/// A C# file with its syntax tree. Rules read syntax only, without a compilation, so the whole repository takes well under a second.
/// </summary>
public sealed record SourceFile(TextFile File, SyntaxNode Root)
{
    public static SourceFile Parse(TextFile file) =>
        new(file, CSharpSyntaxTree.ParseText(file.Text, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot());

    public static SourceFile Parse(string path, string text) => Parse(new TextFile(path, text));

    public int LineOf(SyntaxNode node) => File.LineAt(node.SpanStart);

    public int LineOf(SyntaxToken token) => File.LineAt(token.SpanStart);

    public int LineOf(SyntaxTrivia trivia) => File.LineAt(trivia.SpanStart);
}

/// <summary>The working tree, read once per run.</summary>
public static class Repository
{
    private static readonly string[] SkippedFolders = ["bin", "obj", "node_modules", "TestResults", "artifacts"];

    private static readonly string[] TextEndings =
        [".cs", ".sql", ".md", ".yaml", ".yml", ".json", ".csproj", ".props", ".slnx", ".sh", ".razor", ".css", ".js", ".config",
            ".editorconfig"];

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<TextFile> Files { get; } = ReadAll();

    public static IReadOnlyList<SourceFile> Sources { get; } = ParseAll();

    /// <summary>The bugs of <c>./tollgate mutants</c>. Separate, because they quote code and are none.</summary>
    public static IEnumerable<TextFile> Mutants =>
        Directory.EnumerateFiles(Path.Combine(Root, "tests", "mutants", "list"), "*.mutant").Order(StringComparer.Ordinal)
        .Select(path => new TextFile(Path.GetRelativePath(Root, path).Replace('\\', '/'), File.ReadAllText(path)));

    /// <summary>Test classes, test methods, and both joined by a dot.</summary>
    public static HashSet<string> TestNames() =>
        [.. SourcesUnder("tests")
            .SelectMany(source => source.Root.DescendantNodes().OfType<MethodDeclarationSyntax>())
            .Where(method => method.AttributeLists.SelectMany(list => list.Attributes).Any(IsTest))
            .SelectMany(method => (string[])
                [Members.NameOf(method), method.Identifier.ValueText, Members.NameOf(method).Split('.')[0]])];

    private static bool IsTest(AttributeSyntax attribute) => attribute.Name.ToString() is "Fact" or "Theory" or "Property";

    public static IEnumerable<TextFile> Under(string folder, string ending) =>
        Files.Where(file => file.IsUnder(folder) && file.Path.EndsWith(ending, StringComparison.Ordinal));

    public static IEnumerable<SourceFile> SourcesUnder(string folder) => Sources.Where(source => source.File.IsUnder(folder));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tollgate.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Tollgate.slnx.");
    }

    private static List<TextFile> ReadAll()
    {
        // The loop must not use Root: it runs during the initialisation of the class, where other threads would wait for its fields, and it
        // for them.
        var root = Root;
        var files = new ConcurrentBag<TextFile>();
        Parallel.ForEach(Paths(new DirectoryInfo(root)).ToList(), path =>
            files.Add(new TextFile(Path.GetRelativePath(root, path).Replace('\\', '/'), File.ReadAllText(path))));
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    // Hidden folders contain no sources, except that of continuous integration.
    private static IEnumerable<string> Paths(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles())
        {
            if (TextEndings.Contains(file.Extension, StringComparer.Ordinal) || file.Name == "tollgate")
            {
                yield return file.FullName;
            }
        }

        foreach (var child in folder.EnumerateDirectories())
        {
            if (SkippedFolders.Contains(child.Name, StringComparer.Ordinal) || (child.Name.StartsWith('.') && child.Name != ".ci"))
            {
                continue;
            }

            foreach (var path in Paths(child))
            {
                yield return path;
            }
        }
    }

    private static List<SourceFile> ParseAll() =>
        [.. Files.Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal)).AsParallel().AsOrdered().Select(SourceFile.Parse)];
}
