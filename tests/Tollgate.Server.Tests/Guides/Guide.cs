using System.Text.RegularExpressions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Guides;

/// <summary>A fenced block of a guide.</summary>
/// <param name="Line">The line of the opening fence, from 1.</param>
/// <param name="Language">The word behind the fence: <c>bash</c>, <c>json</c>, <c>text</c>, <c>python</c>, …</param>
/// <param name="NeedsWorld">The line before the fence starts with <c>**Needs </c>: the block needs something that only a reader
/// has.</param>
/// <param name="Text">The lines of the block, each with its line break.</param>
public sealed record GuideBlock(int Line, string Language, bool NeedsWorld, string Text)
{
    public bool IsShell => Language == "bash";

    /// <summary>A block without a command shows the output of the shell block before it.</summary>
    public bool IsOutput => Language is "json" or "text" or "";

    /// <summary>The name of the file in which the reader saves the block: its first line is a comment with that name.</summary>
    public string? FileName => FileComment.Match(Text) is { Success: true } found ? found.Groups[1].Value : null;

    private static Regex FileComment { get; } = new(@"\A(?:#|//) ([a-z][a-z-]*\.(?:py|mjs|yaml))\n", RegexOptions.CultureInvariant);
}

/// <summary>A document with blocks to paste: a page of docs/guides, or the README with its tour.</summary>
public sealed record Guide(string Path, IReadOnlyList<GuideBlock> Blocks)
{
    private const string Mark = "**Needs ";

    /// <summary>Every guide, in the order of its name.</summary>
    public static IReadOnlyList<Guide> All { get; } =
    [
        .. new[] { "README.md" }
            .Concat(Directory.GetFiles(Full("docs/guides"), "*.md")
                .Select(static path => "docs/guides/" + System.IO.Path.GetFileName(path)))
            .Order(StringComparer.Ordinal)
            .Select(static path => Parse(path, File.ReadAllText(Full(path)))),
    ];

    public static Guide Parse(string path, string text)
    {
        List<GuideBlock> blocks = [];
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var before = "";
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                before = lines[i].Length == 0 ? before : lines[i];
                continue;
            }

            var opened = i;
            var end = Array.FindIndex(lines, i + 1, static line => line == "```");
            end.ShouldBeGreaterThan(opened, $"{path}:{opened + 1}: the block does not end.");
            var needsWorld = before.StartsWith(Mark, StringComparison.Ordinal);
            blocks.Add(
                new(opened + 1, lines[opened][3..], needsWorld,
                    string.Concat(lines[(opened + 1)..end].Select(static line => line + "\n"))));
            (i, before) = (end, "");
        }

        return new(path, blocks);
    }

    private static string Full(string path) => System.IO.Path.Combine(ServerProcess.Root, path);
}
