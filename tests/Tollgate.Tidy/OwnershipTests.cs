using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tollgate.Tidy;

/// <summary>
/// A disposable resource (a connection, a transaction, a reader, a customer's turn) has an owner from the moment it is taken: a caller who
/// hangs up between two awaits must not leave it behind.
/// </summary>
public sealed class OwnershipTests
{
    private static readonly string[] Takers =
    [
        "OpenConnectionAsync", "OpenDedicatedAsync", "BeginTransactionAsync", "ExecuteReaderAsync", "BeginOnExistingAsync",
        "BeginOnTwoAsync",
        "changes.BeginAsync", "BeginOnManyAsync", "OpenTransaction.BeginAsync", "CustomerTurn.TakeAsync", "HeldInvoice.LockAsync",
    ];

    private static readonly string[] Owned =
    [
        "NpgsqlConnection", "NpgsqlTransaction", "NpgsqlDataReader", "NpgsqlCommand", "NpgsqlBatch", "CustomerChange",
        "CustomerTransaction", "CustomerTurn", "HeldInvoice", "OpenTransaction", "Stream",
    ];

    /// <summary>The files whose objects keep a connection for their whole life. Subject: the file's path.</summary>
    private static readonly Allowed[] Keepers =
    [
        new("src/Tollgate.Engine/Postgres/OpenTransaction.cs",
            "The owner itself: the connection is held by IntoAsync until the transaction is beside it."),
        new("src/Tollgate.Engine/Ledger/Lane.cs", "A lane keeps its connection from batch to batch and opens another one when it breaks."),
    ];

    [Fact]
    public void Every_acquired_resource_has_an_owner_at_once() =>
        Repository.SourcesUnder("src").SelectMany(source => Unowned(source).Select(finding => (source.File.Path, finding)))
            .Except(Keepers, "tests/Tollgate.Tidy/OwnershipTests.cs")
            .ShouldBeNone("Take it by 'await using', return it as it is, or hand it on by IntoAsync (Engine/Postgres/OpenTransaction.cs).");

    /// <summary>Code that increments a customer's versions without it would leave stale data in this server's memory.</summary>
    [Fact]
    public void Customers_are_touched_by_the_transaction_that_forgets_them() =>
        Repository.SourcesUnder("src").Where(static source => source.File.Name is not ("CustomerTransaction.cs" or "CustomerSql.cs"))
            .SelectMany(Touches)
            .ShouldBeNone("Call CustomerTransaction.TouchAsync: it forgets the customer on this server at the commit.");

    [Fact]
    public void The_rule_of_touching_sees_an_offender() =>
        Touches(SourceFile.Parse("src/X/X.cs", "class X { Task Y() => change.ExecuteAsync(CustomerSql.Touch, cancel); }"))
            .ShouldNotBeEmpty();

    private static IEnumerable<Finding> Touches(SourceFile source) =>
        source.Root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(static access => access.ToString() == "CustomerSql.Touch")
            .Select(access => new Finding(source.File.Path, source.LineOf(access), "touches a customer by its own statement."));

    [Fact]
    public void No_tuple_holds_what_must_be_given_back() =>
        Repository.SourcesUnder("src").SelectMany(Tuples)
            .ShouldBeNone(
                "A tuple disposes nothing. Return a sealed class that owns its parts and is IAsyncDisposable, such as HeldInvoice.");

    [Theory]
    [InlineData("class X { async Task Y() { var c = await source.OpenConnectionAsync(cancel); await c.Z(); } }")]
    [InlineData(
        "class X { async Task Y() { if (await changes.BeginOnExistingAsync(p, c, cancel) is not { } change) { return; "
            + "} await using (change) { } } }")]
    [InlineData(
        "class X { async Task<(A, B)> Y() => await source.OpenConnectionAsync(cancel) is { } c ? (c, await c.Z()) : (null, null); }")]
    public void The_rule_sees_what_has_no_owner(string code) => Unowned(SourceFile.Parse("src/X/X.cs", code)).ShouldNotBeEmpty();

    [Theory]
    [InlineData("class X { async Task Y() { await using var c = await source.OpenConnectionAsync(cancel); } }")]
    [InlineData("class X { async Task Y() { await using (var c = a ? null : await changes.BeginOnExistingAsync(p, c, cancel)) { } } }")]
    [InlineData("class X { async Task<C> Y() => await source.OpenConnectionAsync(cancel); }")]
    [InlineData("class X { Task<C> Y() { return changes.BeginOnExistingAsync(p, c, cancel); } }")]
    [InlineData(
        "class X { async Task<C?> Y() { var taken = await CustomerTurn.TakeAsync(d); return await taken.IntoAsync(async t => new C(t)); } }")]
    public void The_rule_lets_owners_be(string code) => Unowned(SourceFile.Parse("src/X/X.cs", code)).ShouldBeEmpty();

    [Fact]
    public void The_rule_of_tuples_sees_an_offender() =>
        Tuples(SourceFile.Parse("src/X/X.cs", "class X { Task<(CustomerChange? Change, int Row)?> Y() => null; }")).ShouldNotBeEmpty();

    private static IEnumerable<Finding> Unowned(SourceFile source) =>
        source.Root.DescendantNodes().OfType<InvocationExpressionSyntax>()
            .Where(call => Takers.Any(taker => Matches(call.Expression.ToString(), taker)) && !HasOwner(call))
            .Select(call => new Finding(source.File.Path, source.LineOf(call), $"{call.Expression} is taken and not owned."));

    private static bool Matches(string expression, string taker) =>
        expression == taker || expression.EndsWith("." + taker, StringComparison.Ordinal);

    private static bool HasOwner(InvocationExpressionSyntax call)
    {
        // Finds the declaration or statement that contains the call, and whether the call is in the owned part, not in the body.
        foreach (var node in call.Ancestors())
        {
            switch (node)
            {
                case LocalDeclarationStatementSyntax local:
                    return local.UsingKeyword != default || IsHandedOn(local);
                case UsingStatementSyntax statement:
                    return statement.Declaration?.Span.Contains(call.Span) == true
                        || statement.Expression?.Span.Contains(call.Span) == true;
                case ReturnStatementSyntax { Expression: { } returned }:
                    return IsPlain(returned, call);
                case ArrowExpressionClauseSyntax arrow:
                    return IsPlain(arrow.Expression, call);
                case AnonymousFunctionExpressionSyntax { ExpressionBody: { } body }:
                    return IsPlain(body, call);
                case StatementSyntax:
                    return IsHandedOn(node);
            }
        }

        return false;
    }

    /// <summary>True for the value itself, awaited or not: the receiver owns it.</summary>
    private static bool IsPlain(ExpressionSyntax expression, InvocationExpressionSyntax call) => expression switch
    {
        AwaitExpressionSyntax await => IsPlain(await.Expression, call),
        ParenthesizedExpressionSyntax inner => IsPlain(inner.Expression, call),
        _ => expression == call,
    };

    /// <summary>True if the next statement transfers it: nothing can throw between the two.</summary>
    private static bool IsHandedOn(SyntaxNode statement) =>
        statement.Parent is BlockSyntax block
        && block.Statements.SkipWhile(one => one != statement).Skip(1).FirstOrDefault()?.ToString()
            .Contains(".IntoAsync", StringComparison.Ordinal) == true;

    private static IEnumerable<Finding> Tuples(SourceFile source) =>
        source.Root.DescendantNodes().OfType<MethodDeclarationSyntax>()
            .SelectMany(method => method.ReturnType.DescendantNodesAndSelf().OfType<TupleTypeSyntax>())
            .SelectMany(tuple => tuple.Elements)
            .Where(element => element.Type.DescendantNodesAndSelf().OfType<SimpleNameSyntax>()
                .Any(name => Owned.Contains(name.Identifier.ValueText, StringComparer.Ordinal)))
            .Select(element => new Finding(source.File.Path, source.LineOf(element), $"{element.Type} in a tuple."));
}
