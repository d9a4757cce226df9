using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Tollgate.Server.Supply;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Cli;

/// <summary><c>tollgate sbom</c> compared with the schema of CycloneDX 1.6, the lock files, and the packages.</summary>
public sealed partial class SbomTests
{
    private static readonly string[] ComponentTypes = ["application", "framework", "library", "file"];

    [Fact]
    public async Task The_command_writes_a_bill_of_materials_that_CycloneDX_accepts()
    {
        using var folder = TestFolder.Create();
        var file = folder.Combine("bom.json");
        var (code, output) = await ServerProcess.RunAsync("sbom", "--out", file);
        code.ShouldBe(0, output);
        var text = await File.ReadAllTextAsync(file);
        text.ShouldBe(Sbom.Write(), "The same build writes the same bytes.");

        var bom = JsonElement.Parse(text);
        (Text(bom, "bomFormat"), Text(bom, "specVersion"), bom.GetProperty("version").GetInt32()).ShouldBe(("CycloneDX", "1.6", 1));
        SerialNumber().IsMatch(Text(bom, "serialNumber")).ShouldBeTrue();
        Text(bom.GetProperty("metadata").GetProperty("component"), "type").ShouldBe("application");
        var components = bom.GetProperty("components").EnumerateArray().ToList();
        components.ShouldAllBe(component => ComponentTypes.Contains(Text(component, "type")) && Text(component, "name").Length > 0);
        components.Select(component => Text(component, "bom-ref")).ShouldBeUnique();
        components.SelectMany(component => component.TryGetProperty("hashes", out var hashes) ? hashes.EnumerateArray() : default)
            .ShouldAllBe(hash => Hash().IsMatch(Text(hash, "content"))
                && (Text(hash, "alg") == "SHA-512" ? 128 : 64) == Text(hash, "content").Length);
        components.Where(component => component.GetProperty("licenses").GetArrayLength() == 0).ShouldBeEmpty();

        HashSet<string> known = [
            Text(bom.GetProperty("metadata").GetProperty("component"), "bom-ref"),
            .. components.Select(component => Text(component, "bom-ref"))];
        var dependencies = bom.GetProperty("dependencies").EnumerateArray().ToList();
        dependencies.Select(dependency => Text(dependency, "ref")).ShouldBeUnique();
        dependencies.SelectMany(dependency => dependency.GetProperty("dependsOn").EnumerateArray().Select(on => on.GetString()!)
            .Append(Text(dependency, "ref")))
            .ShouldAllBe(reference => known.Contains(reference));
    }

    [Fact]
    public void Every_package_of_the_lock_files_is_in_it_with_its_content_hash()
    {
        var locked = Directory.EnumerateFiles(Path.Combine(ServerProcess.Root, "src"), "packages.lock.json", SearchOption.AllDirectories)
            .SelectMany(file => JsonElement.Parse(File.ReadAllBytes(file)).GetProperty("dependencies").EnumerateObject())
            .SelectMany(framework => framework.Value.EnumerateObject()).Where(package => Text(package.Value, "type") != "Project").ToList();
        Sbom.Packages.Select(package => package.Name).ShouldBe(locked.Select(package => package.Name).Distinct(), ignoreOrder: true);
        foreach (var package in locked)
        {
            var told = Sbom.Packages.Single(one => one.Name == package.Name);
            (told.Version,
                Convert.ToBase64String(told.Hash)).ShouldBe(
                    (Text(package.Value, "resolved"), Text(package.Value, "contentHash")), package.Name);
            (told.IsDirect || Text(package.Value, "type") != "Direct").ShouldBeTrue(package.Name);
        }

        Sbom.Packages.ShouldContain(package => !package.IsDirect, "Transitive packages are told apart.");
    }

    [Fact]
    public void Licences_are_those_that_the_packages_declare()
    {
        Sbom.Licences.Keys.ShouldBe(Sbom.Packages.Select(package => package.Name), ignoreOrder: true);
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (var package in Sbom.Packages)
        {
#pragma warning disable CA1308 // NuGet's folders have small letters.
            var name = package.Name.ToLowerInvariant();
#pragma warning restore CA1308
            var nuspec = XDocument.Load(Path.Combine(cache, name, package.Version, name + ".nuspec"));
            nuspec.Descendants().Single(element => element.Name.LocalName == "license").Value
                .ShouldBe(Sbom.Licences[package.Name], package.Name);
        }
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;

    [GeneratedRegex(@"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\z")]
    private static partial Regex SerialNumber();

    [GeneratedRegex(@"^[0-9a-f]+\z")]
    private static partial Regex Hash();
}
