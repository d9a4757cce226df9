using System.Text.RegularExpressions;

namespace Tollgate.Tidy;

/// <summary>
/// One thing has one word, in code, database, API and documents (docs/glossary.md). Names that the field's terms replaced must not return,
/// for example by a merge.
/// </summary>
public sealed class RetiredTermTests
{
    private const string Listed = "tests/Tollgate.Tidy/RetiredTermTests.cs";

    /// <summary>The retired name, and the one to use. Regular expressions of whole words.</summary>
    private static readonly (string Retired, string Use)[] Terms =
    [
        // Subscriptions that a payment provider manages.
        ("driven_by", "managed_by"), ("drivenBy", "managedBy"), ("DrivenBy", "ManagedBy"), ("driven_by_provider", "provider_managed"),
        ("DrivenByProvider", "ProviderManaged"),
        ("drives_subscriptions", "manages_subscriptions"), ("DrivesSubscriptions", "ManagesSubscriptions"),
        ("subscriptions_driven", "subscriptions_provider_managed"),
        ("ISubscriptionDriver", "ISubscriptionBackend"), ("SubscriptionDrivers", "SubscriptionBackends"),
        ("DriveOutcome", "BackendOutcome"), ("DriveAnswer", "BackendAnswer"),
        ("ChangeDriven", "ChangeProviderManaged"), ("DrivenState", "ProviderManagedState"), ("DrivenCheckout", "ProviderManagedCheckout"),
        ("DrivenPage", "ProviderManagedPage"),
        ("IsDriven", "IsProviderManaged"), ("IsOfDriver", "IsFromProvider"),
        // Updates of a provider.
        ("MethodNews", "PaymentMethodUpdate"), ("ProviderNews", "ProviderUpdate"), ("PaymentNews", "PaymentUpdate"),
        ("RefundNews", "RefundUpdate"), ("InvoiceNews", "InvoiceUpdate"),
        ("DisputeNews", "DisputeUpdate"), ("CheckoutNews", "CheckoutUpdate"), ("SubscriptionNews", "SubscriptionUpdate"),
        ("ApplyNews", "ApplyProviderUpdate"),
        ("IsOldNews", "IsOldUpdate"), ("ProviderTold", "ParsedEvent"), ("ToldPrice", "QuotedPrice"), ("FactToTell", "FactToPublish"),
        ("TellFacts", "BuildPayloads"),
        // Requests to models.
        ("LlmAsk", "LlmRequest"), (@"Llm[./]Asks", "Llm/Requests"), ("Ask(Reader|Member|Names|Media|Draft|Form|Scan|Stream)", "Request…"),
        ("WrappedAsk", "WrappedRequest"), ("AskedModel", "RequestedModel"),
        ("ForeseenCall", "ExpectedCall"), ("ForeseeMigration", "PreviewMigration"), ("AskPayments", "QueryPayments"),
        ("AskAgainAfter", "RetryAfter"),
        // Accounts in memory.
        ("AccountBook", "AccountState"), ("FeatureBook", "FeatureState"), ("PoolBook", "PoolState"), ("BookShelf", "AccountCache"),
        ("Book(Loader|Reading|Wanted)", "Account…"),
        ("FindBook", "FindFeature"), ("TestBook", "TestAccount"), ("KnownFacts", "StoredFacts"), ("StrangerShares", "UnknownCallerShares"),
        // The gateway, secrets, dependencies.
        ("JobDesk", "ProviderJobs"), ("LongestSilence", "LongestIdle"), ("AnswerSeal", "SecretAnswerCipher"), ("QuoteSeal", "QuoteToken"),
        ("BillingDesk", "BillingDeps"),
        // Documents.
        ("InvoicePaper", "InvoiceDocument"), ("StatementPaper", "StatementDocument"),
        ("Paper(Pdf|Sheet|Html|Fonts|Table|Row|Logo|Fact|Sum|Mark|Column|Party)", "Document…, PdfCanvas for PaperSheet"),
        // Invoices.
        ("PayByHand", "RecordManualPayment"), ("RefundByHand", "RefundInDashboard"),
        ("SettleInvoice(Request)?", "ChangeInvoiceStatus, InvoiceStatusRequest"),
        ("GivenBack(Rules|Part|Note)?", "ProrationCredit…"), ("IsGivenBack", "IsProrationCredit"), ("TaxGivenBack", "ProrationCreditTaxes"),
        ("GiveBack", "ApplyProrationCredit"),
        // Tests.
        ("Theatres?", "ChaosServer"), ("Troupes?", "CallerSet"), ("Leaver", "HangUp"), ("StrangerTests", "UnknownInputTests"),
    ];

    [Fact]
    public void Retired_terms_do_not_come_back() =>
        Repository.Files.Concat(Repository.Mutants).Where(static file => file.Path != Listed).SelectMany(Retired)
            .ShouldBeNone("The name has a successor in the field's terms (docs/glossary.md). Use that one.");

    [Theory]
    [InlineData("a column driven_by text", "use managed_by")]
    [InlineData("class X { void GiveBack() { } }", "use ApplyProrationCredit")]
    [InlineData("AskReader reader;", "use Request…")]
    [InlineData("the Theatres of the simulator", "use ChaosServer")]
    public void The_rule_sees_an_offender(string text, string advice) =>
        Retired(new("src/Tollgate.Engine/Here/X.cs", "// fine\n" + text)).Single().ShouldSatisfyAllConditions(
            found => found.What.ShouldContain(advice),
            found => found.Line.ShouldBe(2));

    [Theory]
    [InlineData("managed_by text")]
    [InlineData("a data-driven test gives back what TaskAsks could")]
    public void Other_words_are_fine(string text) => Retired(new("src/Tollgate.Engine/Here/X.cs", text)).ShouldBeEmpty();

    private static readonly Regex Any = new(@"\b(?:" + string.Join('|', Terms.Select(static (term, at) => $"(?<t{at}>{term.Retired})"))
        + @")\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    private static IEnumerable<Finding> Retired(TextFile file) =>
        Any.Matches(file.Text).Select(match =>
        {
            var term = Terms[Enumerable.Range(0, Terms.Length).First(at => match.Groups[$"t{at}"].Success)];
            return new Finding(file.Path, file.LineAt(match.Index), $"{match.Value} is retired: use {term.Use}.");
        });
}
