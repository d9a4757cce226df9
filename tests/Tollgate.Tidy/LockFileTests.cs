using System.Text.Json;
using System.Xml.Linq;

namespace Tollgate.Tidy;

/// <summary>Lock files match the projects: <c>./tollgate</c> builds with nothing else.</summary>
public sealed class LockFileTests
{
    private const string LockFile = "packages.lock.json";

    private static readonly IReadOnlyDictionary<string, string> Central =
        ReferencesIn(TextOf("Directory.Packages.props")!, "PackageVersion")
            .ToDictionary(one => one.Name, one => one.Version!, StringComparer.Ordinal);

    [Fact]
    public void Every_project_is_locked_to_the_packages_that_it_names() =>
        Repository.Files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal))
            .SelectMany(project => Faults(project, TextOf(LockOf(project))))
            .ShouldBeNone("Run \"dotnet restore\" and commit packages.lock.json.");

    [Fact]
    public void The_rule_sees_offenders()
    {
        var project = new TextFile(
            "bench/X/X.csproj", """<Project><ItemGroup><PackageReference Include="Npgsql" /></ItemGroup></Project>""");
        Faults(project, null).ShouldNotBeEmpty();
        Faults(project, Locked("YamlDotNet", Central["YamlDotNet"])).Count().ShouldBe(2);
        Faults(project, Locked("Npgsql", "1.0.0")).ShouldNotBeEmpty();
        Faults(project, Locked("Npgsql", Central["Npgsql"])).ShouldBeEmpty();

        static string Locked(string package, string version) =>
            """{"version": 2, "dependencies": {"net10.0": {"P": {"type": "Direct", "requested": "[V, )", "resolved": "V", "contentHash": "x"}}}}"""
                .Replace("P\"", package + "\"", StringComparison.Ordinal).Replace("V", version, StringComparison.Ordinal);
    }

    private static IEnumerable<Finding> Faults(TextFile project, string? locked)
    {
        var path = LockOf(project);
        if (locked is null)
        {
            return [new(project.Path, 1, $"{path} is missing.")];
        }

        var named = ReferencesIn(project.Text, "PackageReference");
        if (project.IsUnder("tests"))
        {
            named = named.Concat(ReferencesIn(TextOf("tests/Directory.Build.props")!, "PackageReference"));
        }

        // A library among the tests removes the packages that only test projects need.
        var removed = AttributesOf(project.Text, "PackageReference", "Remove").ToHashSet(StringComparer.Ordinal);
        var wanted = named.Where(one => !removed.Contains(one.Name)).Select(one => $"{one.Name} [{Central[one.Name]}, )")
            .ToHashSet(StringComparer.Ordinal);
        var has = Direct(locked).ToHashSet(StringComparer.Ordinal);
        return wanted.Except(has).Select(package => new Finding(path, 1, $"{package} is not locked."))
            .Concat(has.Except(wanted).Select(package => new Finding(path, 1, $"{package} is locked, but the project does not name it.")));
    }

    private static IEnumerable<string> Direct(string locked) =>
        from framework in JsonElement.Parse(locked).GetProperty("dependencies").EnumerateObject()
        from package in framework.Value.EnumerateObject()
        where package.Value.GetProperty("type").GetString() == "Direct"
        select $"{package.Name} {package.Value.GetProperty("requested").GetString()}";

    private static IEnumerable<(string Name, string? Version)> ReferencesIn(string xml, string element) =>
        XDocument.Parse(xml).Descendants(element).Where(one => one.Attribute("Include") is not null)
            .Select(one => (one.Attribute("Include")!.Value, one.Attribute("Version")?.Value));

    private static IEnumerable<string> AttributesOf(string xml, string element, string attribute) =>
        XDocument.Parse(xml).Descendants(element).Attributes(attribute).SelectMany(one => one.Value.Split(';'));

    private static string LockOf(TextFile project) => string.Join('/', [.. project.Folders, LockFile]);

    private static string? TextOf(string path) => Repository.Files.FirstOrDefault(file => file.Path == path)?.Text;
}
