using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>
/// A reader of many columns names them: a column that somebody adds in the middle of a statement must not move the others under a reader.
/// </summary>
public sealed class ReaderTests
{
    /// <summary>So many columns stand beside their reader on one screen.</summary>
    private const int MostByPosition = 8;

    /// <summary>Positions above that are meant. Subject: the file's path.</summary>
    private static readonly Allowed[] ByPosition = [];

    [Fact]
    public void A_reader_of_more_than_eight_columns_names_them() =>
        Repository.SourcesUnder("src").SelectMany(Positions)
            .Except(ByPosition, "tests/Tollgate.Tidy/ReaderTests.cs")
            .ShouldBeNone(
                "Read by name: new RowReader(reader), then row.Text(\"status\"). In the ledger's batches, write a constant in "
                    + "LedgerColumns.cs, which LedgerColumnTests compares with the statement.");

    [Theory]
    [InlineData("reader.GetString(8)", true)]
    [InlineData("reader.GetFieldValue<int[]>(12)", true)]
    [InlineData("row.IsDBNull(first + 9) ? null : row.GetString(0)", true)]
    [InlineData("At(10)", true)]
    [InlineData("AccountLoader.At(reader, 9)", true)]
    [InlineData("reader.GetString(7)", false)]
    [InlineData("reader.GetString(BalanceColumn.Reports)", false)]
    [InlineData("row.Text(\"status\")", false)]
    [InlineData("TimeSpan.FromSeconds(30)", false)]
    public void The_rule_sees_an_offender(string expression, bool isOne) =>
        Positions(SourceFile.Parse(
            "src/Tollgate.Engine/X/X.cs",
            $"class X {{ object Read(NpgsqlDataReader reader, int first) {{ return {expression}; object At(int column) => column; }} }}"))
            .Any().ShouldBe(isOne);

    private static IEnumerable<(string, Finding)> Positions(SourceFile source)
    {
        if (!source.File.Text.Contains("DataReader", StringComparison.Ordinal)
            && !source.File.Text.Contains("ExecuteReaderAsync", StringComparison.Ordinal))
        {
            return [];
        }

        var helpers = source.Root.DescendantNodes().OfType<ParameterSyntax>()
            .Where(static parameter => parameter.Identifier.ValueText is "column" or "ordinal")
            .Select(static parameter => NameOf(parameter.Parent?.Parent)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return source.Root.DescendantNodes().OfType<InvocationExpressionSyntax>()
            .Where(call => call.ArgumentList.Arguments.Any(static argument => IsFar(argument.Expression)) && ReadsColumn(call, helpers))
            .Select(call => (
                source.File.Path,
                new Finding(source.File.Path, source.LineOf(call), $"{call} reads a column by a position of 8 or more.")));
    }

    private static string? NameOf(SyntaxNode? node) => node switch
    {
        LocalFunctionStatementSyntax local => local.Identifier.ValueText,
        MethodDeclarationSyntax method => method.Identifier.ValueText,
        _ => null,
    };

    private static bool ReadsColumn(InvocationExpressionSyntax call, HashSet<string> helpers) => call.Expression switch
    {
        _ when call.ArgumentList.Arguments.Any(static argument => argument.Expression.ToString() is "reader" or "row" or "rows") => true,
        MemberAccessExpressionSyntax { Name.Identifier.ValueText: var name } =>
            name.StartsWith("Get", StringComparison.Ordinal) || name.StartsWith("IsDBNull", StringComparison.Ordinal),
        IdentifierNameSyntax { Identifier.ValueText: var name } => helpers.Contains(name),
        _ => false,
    };

    private static bool IsFar(ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax literal when literal.IsKind(SyntaxKind.NumericLiteralExpression) =>
            int.TryParse(literal.Token.ValueText, CultureInfo.InvariantCulture, out var position) && position >= MostByPosition,
        BinaryExpressionSyntax sum when sum.IsKind(SyntaxKind.AddExpression) => IsFar(sum.Right) || IsFar(sum.Left),
        _ => false,
    };
}
