using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>
/// A provider's name stands in the provider's own code. Other code asks for a capability (<c>ProviderCapabilities</c>), so that a new
/// provider is a folder and not a search for places that compare names.
/// </summary>
public sealed class ProviderNameTests
{
    private static readonly string[] Providers = ["Stripe", "Paymob", "Sandbox"];

    /// <summary>Their words in the database. <c>sandbox</c> is also the mode of a project, and judged as an enum only.</summary>
    private static readonly string[] Words = ["stripe", "paymob"];

    /// <summary>The other files that may name a provider. Subject: the file's path.</summary>
    private static readonly Allowed[] Homes =
    [
        new("src/Tollgate.Core/Payments/PaymentSetup.cs", "The provider of a project that has chosen none: manual, or the sandbox's."),
        new("src/Tollgate.Engine/Payments/PaymentProviders.cs", "The registry says that manual payments move no money of ours."),
        new("src/Tollgate.Engine/Billing/RecordManualPayment.cs", "It writes manual payments, and compares nothing."),
        new("src/Tollgate.Engine/Inbox/SendSandboxWebhooks.cs",
            "It sends the sandbox's webhooks to the inbox, a later room than its provider's."),
        new("src/Tollgate.Server/SeedDoors/SeedWebhooks.cs",
            "A seed's path is the address of one provider's webhooks, by the seed's contract."),
    ];

    [Fact]
    public void A_providers_name_stands_in_its_own_code_only() =>
        Repository.SourcesUnder("src").SelectMany(Named)
            .Except(Homes, "tests/Tollgate.Tidy/ProviderNameTests.cs")
            .ShouldBeNone("Ask for a capability of the provider (ProviderCapabilities), or move the code to the provider's folder.");

    [Theory]
    [InlineData("src/Tollgate.Engine/Billing/X.cs", "class X { bool Y(Payment p) => p.Provider == PaymentProvider.Sandbox; }", true)]
    [InlineData("src/Tollgate.Web/Portal/X.cs", "class X { bool Y(string p) => p == \"stripe\"; }", true)]
    [InlineData("src/Tollgate.Server/Mail/X.cs", "class X { bool Y(Payment p) => p is { Provider: PaymentProvider.Manual }; }", true)]
    [InlineData(
        "src/Tollgate.Engine/Inbox/XSql.cs", "class X { const string Y = \"SELECT 1 FROM payments WHERE provider = 'stripe'\"; }", true)]
    [InlineData(
        "src/Tollgate.Engine/Payments/Stripe/X.cs", "class X { bool Y(Payment p) => p.Provider == PaymentProvider.Stripe; }", false)]
    [InlineData("src/Tollgate.Engine/Payments/Stripe/X.cs", "class X { bool Y(Payment p) => p.Provider == PaymentProvider.Paymob; }", true)]
    [InlineData("src/Tollgate.Server/Payments/SandboxEndpoints.cs", "class X { PaymentProvider Y => PaymentProvider.Sandbox; }", false)]
    [InlineData("src/Tollgate.Engine/Projects/X.cs", "class X { bool Y(string mode) => mode == \"sandbox\"; }", false)]
    [InlineData("src/Tollgate.Server/X/X.cs", "class X { string Example => \"\"\"{\"provider\": \"stripe\"}\"\"\"; }", false)]
    public void The_rule_sees_an_offender(string path, string code, bool isOne) =>
        Named(SourceFile.Parse(path, code)).Any().ShouldBe(isOne);

    private static IEnumerable<(string, Finding)> Named(SourceFile source)
    {
        var members = source.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(static access => access.Expression.ToString().Split('.')[^1] == "PaymentProvider")
            .Select(static access => (Node: (SyntaxNode)access, Name: access.Name.Identifier.ValueText))
            .Where(static one => one.Name == "Manual" || Providers.Contains(one.Name));
        var literals = source.Root.DescendantNodes().OfType<LiteralExpressionSyntax>()
            .Where(static literal => literal.IsKind(SyntaxKind.StringLiteralExpression))
            .SelectMany(static literal => Words.Where(word => Says(literal.Token.ValueText, word))
                .Select(word => (Node: (SyntaxNode)literal, Name: char.ToUpperInvariant(word[0]) + word[1..])));
        return members.Concat(literals).Where(one => !IsHome(source.File, one.Name))
            .Select(one => (source.File.Path, new Finding(source.File.Path, source.LineOf(one.Node), $"names the provider {one.Name}.")));
    }

    /// <summary>The word alone, or as a value of SQL.</summary>
    private static bool Says(string text, string word) => text == word || text.Contains($"'{word}'", StringComparison.Ordinal);

    /// <summary>The provider's folder, or a file that begins with its name.</summary>
    private static bool IsHome(TextFile file, string provider) =>
        file.Folders.Contains(provider) || file.Name.StartsWith(provider, StringComparison.Ordinal);
}
