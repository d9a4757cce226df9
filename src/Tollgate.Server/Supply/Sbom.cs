using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tollgate.Core;

namespace Tollgate.Server.Supply;

/// <summary>
/// The components of this build, as CycloneDX 1.6 in JSON: the packages of the lock files, which the program contains, the fonts, and the
/// framework that it runs on. The same build on the same framework writes the same bytes.
/// </summary>
/// <remarks>https://cyclonedx.org/docs/1.6/json/</remarks>
public static class Sbom
{
    private const string Locks = "locks/";

    private static readonly Assembly Program = typeof(Sbom).Assembly;

    /// <param name="Hash">SHA-512 of the package's content, which NuGet compares at each restore.</param>
    /// <param name="IsDirect">True: a project of Tollgate references it.</param>
    public sealed record Package(string Name, string Version, byte[] Hash, bool IsDirect, IReadOnlyList<string> DependsOn)
    {
        public string Url => $"pkg:nuget/{Name}@{Version}";
    }

    /// <summary>The packages of all projects of the program, by name.</summary>
    public static IReadOnlyList<Package> Packages { get; } =
    [
        .. Program.GetManifestResourceNames().Where(static name => name.StartsWith(Locks, StringComparison.Ordinal))
            .SelectMany(static name => Read(TextOf(name)))
            .GroupBy(static package => package.Name, StringComparer.OrdinalIgnoreCase)
            .Select(static same => same.First() with { IsDirect = same.Any(static one => one.IsDirect) })
            .OrderBy(static package => package.Name, StringComparer.Ordinal),
    ];

    /// <summary>The licence of each package, an SPDX expression, as its authors declare it.</summary>
    public static IReadOnlyDictionary<string, string> Licences { get; } = TextOf("licences.txt")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(static line => line[0] != '#').Select(static line => line.Split(' ', 2))
        .ToDictionary(static pair => pair[0], static pair => pair[1], StringComparer.Ordinal);

    public static string Write()
    {
        var version = Program.GetName().Version!.ToString(3);
        var self = "pkg:generic/tollgate@" + version;
        JsonObject[] components = [.. Packages.Select(Component), Framework(), .. Fonts()];
        var content = new JsonArray([.. components]);
        var document = new JsonObject
        {
            ["$schema"] = "http://cyclonedx.org/schema/bom-1.6.schema.json",
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["serialNumber"] = "urn:uuid:" + IdOf(version + content.ToJsonString()),
            ["version"] = 1,
            ["metadata"] = new JsonObject
            {
                ["component"] =
                    new JsonObject
                    {
                        ["type"] = "application", ["bom-ref"] = self, ["name"] = "tollgate", ["version"] = version, ["purl"] = self,
                    },
            },
            ["components"] = content,
            ["dependencies"] = new JsonArray(
            [
                Dependency(self, Packages.Where(static package => package.IsDirect).Select(static package => package.Url)),
                .. Packages.Select(static package => Dependency(package.Url, package.DependsOn.Select(UrlOf).OfType<string>())),
            ]),
        };
        return document.ToJsonString(PlainJson.Indented) + "\n";
    }

    private static JsonObject Component(Package package) => new()
    {
        ["type"] = "library",
        ["bom-ref"] = package.Url,
        ["name"] = package.Name,
        ["version"] = package.Version,
        ["scope"] = "required",
        ["hashes"] = Hashes("SHA-512", package.Hash),
        ["licenses"] = Licences.TryGetValue(package.Name, out var licence) ? LicenceOf(licence) : [],
        ["purl"] = package.Url,
        ["properties"] = new JsonArray(
            new JsonObject { ["name"] = "tollgate:dependency", ["value"] = package.IsDirect ? "direct" : "transitive" }),
    };

    /// <summary>The shared framework that this process runs on, which operators install and update separately.</summary>
    private static JsonObject Framework() => new()
    {
        ["type"] = "framework",
        ["bom-ref"] = "framework:dotnet",
        ["name"] = "Microsoft.AspNetCore.App",
        ["version"] = Environment.Version.ToString(),
        ["description"] = RuntimeInformation.FrameworkDescription,
        ["licenses"] = LicenceOf("MIT"),
    };

    private static IEnumerable<JsonObject> Fonts() =>
        new[] { Program, typeof(Web.Layout.PageAssets).Assembly }
            .SelectMany(static assembly => assembly.GetManifestResourceNames(), static (assembly, name) => (Assembly: assembly, Name: name))
            .Where(static file => file.Name.EndsWith(".ttf", StringComparison.Ordinal)
                || file.Name.EndsWith(".woff2", StringComparison.Ordinal))
            .OrderBy(static file => file.Name, StringComparer.Ordinal)
            .Select(static file => new JsonObject
        {
            ["type"] = "file",
            ["bom-ref"] = "file:" + file.Name,
            ["name"] = file.Name,
            ["hashes"] = Hashes("SHA-256", SHA256.HashData(BytesOf(file.Name, file.Assembly))),
            ["licenses"] = LicenceOf("OFL-1.1"),
        });

    private static JsonArray Hashes(string algorithm, byte[] hash) =>
        [new JsonObject { ["alg"] = algorithm, ["content"] = Convert.ToHexStringLower(hash) }];

    private static JsonArray LicenceOf(string spdx) => [new JsonObject { ["license"] = new JsonObject { ["id"] = spdx } }];

    private static JsonObject Dependency(string of, IEnumerable<string> on) =>
        new() { ["ref"] = of,
            ["dependsOn"] = new JsonArray([.. on.Order(StringComparer.Ordinal).Select(static url => JsonValue.Create(url))]) };

    /// <summary>Null: it is part of the framework.</summary>
    private static string? UrlOf(string name) =>
        Packages.FirstOrDefault(package => package.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Url;

    private static IEnumerable<Package> Read(string lockFile) =>
        from framework in JsonElement.Parse(lockFile).GetProperty("dependencies").EnumerateObject()
        from entry in framework.Value.EnumerateObject()
        let kind = entry.Value.GetProperty("type").GetString()
        where kind != "Project"
        select new Package(
            entry.Name, entry.Value.GetProperty("resolved").GetString()!,
            Convert.FromBase64String(entry.Value.GetProperty("contentHash").GetString()!), kind == "Direct",
            NamesIn(entry.Value));

    private static string[] NamesIn(JsonElement package) =>
        package.TryGetProperty("dependencies", out var needed) ? [.. needed.EnumerateObject().Select(static one => one.Name)] : [];

    /// <summary>Returns a UUID of version 8 from the content, so that the same content has the same serial number.</summary>
    private static Guid IdOf(string content)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(content)).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new(bytes, bigEndian: true);
    }

    private static string TextOf(string resource) => Encoding.UTF8.GetString(BytesOf(resource));

    private static byte[] BytesOf(string resource, Assembly? of = null)
    {
        using var stream = (of ?? Program).GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
