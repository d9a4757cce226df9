using Tollgate.Core.Catalog;
using Tollgate.Engine.Catalog;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Catalog;

/// <summary>The catalogues that come with Tollgate are valid, and survive every conversion between their forms unchanged.</summary>
public sealed class CatalogFilesTests
{
    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Path.Combine(ServerProcess.Root, "catalogs"), "*.yaml", SearchOption.AllDirectories)
            .Select(static path => Path.GetRelativePath(ServerProcess.Root, path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_shipped_catalogue_has_no_faults(string file) =>
        CatalogReader.ReadYaml(Text(file)).Faults.Select(fault => fault.Describe(file)).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Files))]
    public void An_exported_catalogue_reads_back_as_the_same_bytes(string file)
    {
        var document = Read(file);
        var yaml = CatalogWriter.ToYaml(document);

        var again = CatalogReader.ReadYaml(yaml);

        again.Faults.Select(fault => fault.Describe("export")).ShouldBeEmpty();
        CatalogWriter.ToYaml(again.Document!).ShouldBe(yaml);
        CatalogWriter.ETagOf(again.Document!).ShouldBe(CatalogWriter.ETagOf(document));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_catalogue_is_the_same_in_json(string file)
    {
        var document = Read(file);

        var again = CatalogReader.ReadJson(CatalogWriter.ToJson(document, indented: true));

        again.Faults.ShouldBeEmpty();
        CatalogWriter.ToYaml(again.Document!).ShouldBe(CatalogWriter.ToYaml(document));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_catalogue_names_its_schema_in_the_first_line(string file) =>
        Text(file).Split('\n')[0].ShouldMatch(@"^# yaml-language-server: \$schema=(\.|\.\.)/catalog\.schema\.json$");

    internal static CatalogDocument Read(string file) => CatalogReader.ReadYaml(Text(file)).Document.ShouldNotBeNull();

    internal static string Text(string file) => File.ReadAllText(Path.Combine(ServerProcess.Root, file));
}
