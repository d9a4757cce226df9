using System.Text.RegularExpressions;

namespace Tollgate.Tidy;

/// <summary><c>Core ◀ Engine ◀ Server</c>, <c>Contracts ◀ Server</c>, <c>Contracts ◀ Client</c>, <c>Server ▶ Web ▶ Engine</c>.</summary>
public sealed partial class ProjectDirectionTests
{
    private static readonly Dictionary<string, string[]> MayReference = new(StringComparer.Ordinal)
    {
        ["Tollgate.Core"] = [],
        ["Tollgate.Contracts"] = [],
        ["Tollgate.Engine"] = ["Tollgate.Core"],
        ["Tollgate.Client"] = ["Tollgate.Contracts"],
        ["Tollgate.Web"] = ["Tollgate.Core", "Tollgate.Engine"],
        ["Tollgate.Server"] = ["Tollgate.Core", "Tollgate.Contracts", "Tollgate.Engine", "Tollgate.Web"],
    };

    /// <summary>Projects that promise to need only the framework.</summary>
    private static readonly string[] WithoutPackages = ["Tollgate.Core", "Tollgate.Contracts"];

    [Fact]
    public void Projects_depend_only_downwards() =>
        Repository.Under("src", ".csproj").SelectMany(Judge)
            .ShouldBeNone(
                "A project under src/ references what it must not (DESIGN section 2). Move the code to the side that may know it.");

    [Fact]
    public void The_engine_knows_nothing_of_HTTP() =>
        Repository.SourcesUnder("src/Tollgate.Engine").SelectMany(UsesHttp)
            .ShouldBeNone(
                "The engine is called by several doors and must not know one of them. Pass plain values in, return plain values.");

    [Theory]
    [InlineData("src/Tollgate.Core/Tollgate.Core.csproj", """<ProjectReference Include="../Tollgate.Engine/Tollgate.Engine.csproj" />""")]
    [InlineData(
        "src/Tollgate.Engine/Tollgate.Engine.csproj", """<ProjectReference Include="../Tollgate.Server/Tollgate.Server.csproj" />""")]
    [InlineData("src/Tollgate.Contracts/Tollgate.Contracts.csproj", """<PackageReference Include="YamlDotNet" />""")]
    [InlineData("src/Tollgate.Core/Tollgate.Core.csproj", """<FrameworkReference Include="Microsoft.AspNetCore.App" />""")]
    [InlineData("src/Tollgate.New/Tollgate.New.csproj", "")]
    public void The_rule_sees_an_offender(string path, string line) => Judge(new TextFile(path, line)).ShouldNotBeEmpty();

    private static IEnumerable<Finding> Judge(TextFile project)
    {
        if (!MayReference.TryGetValue(project.Project, out var allowed))
        {
            yield return new(
                project.Path, 1,
                $"{project.Project} is not in {nameof(ProjectDirectionTests)}.{nameof(MayReference)}: say there what it may know.");
            yield break;
        }

        foreach (Match reference in ProjectReference().Matches(project.Text))
        {
            if (!allowed.Contains(reference.Groups[1].Value, StringComparer.Ordinal))
            {
                yield return new(project.Path, project.LineAt(reference.Index), $"must not reference {reference.Groups[1].Value}.");
            }
        }

        if (WithoutPackages.Contains(project.Project, StringComparer.Ordinal))
        {
            foreach (Match reference in PackageOrFramework().Matches(project.Text))
            {
                yield return new(
                    project.Path, project.LineAt(reference.Index),
                    $"{project.Project} has no packages, so that anything can depend on it.");
            }
        }
    }

    private static IEnumerable<Finding> UsesHttp(SourceFile source) =>
        HttpNamespace().Matches(source.File.Text)
            .Select(match =>
                new Finding(source.File.Path, source.File.LineAt(match.Index), $"{match.Value} belongs to the doors (Server, Web)."));

    [GeneratedRegex("""<ProjectReference\s+Include="[^"]*?([\w.]+)\.csproj""")]
    private static partial Regex ProjectReference();

    [GeneratedRegex("<(PackageReference|FrameworkReference)\\b")]
    private static partial Regex PackageOrFramework();

    [GeneratedRegex(@"Microsoft\.AspNetCore\.\w+")]
    private static partial Regex HttpNamespace();
}
