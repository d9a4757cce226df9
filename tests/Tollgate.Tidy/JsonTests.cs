using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>JSON has one set of options for the wire and one for what Tollgate stores, each with generated code.</summary>
public sealed class JsonTests
{
    private const string Wire = "src/Tollgate.Contracts/Http/WireJson.cs", Stored = "src/Tollgate.Core/PlainJson.cs";

    private const string WireContext = "WireJson";

    /// <summary>Members that configure a serializer.</summary>
    private static readonly string[] Settings =
    [
        "PropertyNamingPolicy", "DictionaryKeyPolicy", "DefaultIgnoreCondition", "UnmappedMemberHandling", "AllowDuplicateProperties",
        "RespectNullableAnnotations", "RespectRequiredConstructorParameters", "UseStringEnumConverter", "NumberHandling", "Converters",
        "PropertyNameCaseInsensitive",
    ];

    /// <summary>The other places that set one of them. Subject: the file's path.</summary>
    private static readonly Allowed[] OtherSettings =
    [
        new("src/Tollgate.Server/Http/HttpRoom.cs", "The framework's own options: the OpenAPI document takes its names from them."),
    ];

    [Fact]
    public void JSON_is_configured_once_for_the_wire_and_once_for_what_is_stored() =>
        Repository.SourcesUnder("src").Where(source => source.File.Path is not (Wire or Stored))
            .SelectMany(source => SetsOptions(source).Select(finding => (source.File.Path, finding)))
            .Except(OtherSettings, "tests/Tollgate.Tidy/JsonTests.cs")
            .ShouldBeNone(
                "Bodies are listed in WireJson (Contracts/Http); a record that Tollgate stores has a context made with PlainJson.Stored().");

    [Fact]
    public void Only_the_wires_context_has_options_of_its_own() =>
        Repository.SourcesUnder("src").SelectMany(UsesDefault)
            .ShouldBeNone("A context without options writes other names: use its instance made with PlainJson.Stored().");

    [Theory]
    [InlineData("[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)] class XJson;", true)]
    [InlineData("[JsonSourceGenerationOptions] class XJson;", true)]
    [InlineData("class X { object Y() => new JsonSerializerOptions { WriteIndented = true, NumberHandling = default }; }", true)]
    [InlineData("class X { void Y(JsonSerializerOptions o) { o.Converters.Add(null); o.PropertyNamingPolicy = null; } }", true)]
    [InlineData("class X { void Y(HttpOptions http) => http.SerializerOptions.DefaultIgnoreCondition = default; }", true)]
    [InlineData("class X { object Y() => new JsonSerializerOptions { WriteIndented = true }; }", false)]
    [InlineData("class X { object Y(JsonSerializerOptions o) => o.PropertyNamingPolicy; }", false)]
    public void The_rule_of_options_sees_an_offender(string code, bool isOne) =>
        SetsOptions(SourceFile.Parse("src/X/X.cs", code)).Any().ShouldBe(isOne);

    [Theory]
    [InlineData("class X { object Y() => CycleJson.Default.StoredCycle; }", true)]
    [InlineData("class X { object Y() => CycleJson.Stored.StoredCycle; }", false)]
    [InlineData("class X { object Y() => WireJson.Default.Problem; }", false)]
    public void The_rule_of_defaults_sees_an_offender(string code, bool isOne) =>
        UsesDefault(SourceFile.Parse("src/X/X.cs", code)).Any().ShouldBe(isOne);

    private static IEnumerable<Finding> SetsOptions(SourceFile source)
    {
        foreach (var node in source.Root.DescendantNodes())
        {
            var what = node switch
            {
                AttributeSyntax attribute when attribute.Name.ToString().Split('.')[^1] is "JsonSourceGenerationOptions"
                    or "JsonSourceGenerationOptionsAttribute" => "JsonSourceGenerationOptions",
                AssignmentExpressionSyntax { Left: IdentifierNameSyntax name } when IsSetting(name) => name.Identifier.ValueText,
                AssignmentExpressionSyntax { Left: MemberAccessExpressionSyntax access } when IsSetting(access.Name) =>
                    access.Name.Identifier.ValueText,
                InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Add" } add }
                    when add.Expression is MemberAccessExpressionSyntax list && IsSetting(list.Name) => list.Name.Identifier.ValueText,
                _ => null,
            };
            if (what is not null)
            {
                yield return new(source.File.Path, source.LineOf(node), what);
            }
        }
    }

    private static bool IsSetting(SimpleNameSyntax name) => Settings.Contains(name.Identifier.ValueText, StringComparer.Ordinal);

    private static IEnumerable<Finding> UsesDefault(SourceFile source) =>
        source.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(access => access.Name.Identifier.ValueText == "Default"
                && access.Expression is IdentifierNameSyntax { Identifier.ValueText: var context }
                && context.EndsWith("Json", StringComparison.Ordinal) && context != WireContext)
            .Select(access => new Finding(source.File.Path, source.LineOf(access), access.ToString()));
}
