using System.Reflection;
using Tollgate.Contracts.Alerts;
using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Catalog;
using Tollgate.Contracts.Checkouts;
using Tollgate.Contracts.Clocks;
using Tollgate.Contracts.Costs;
using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Dunning;
using Tollgate.Contracts.Gateway;
using Tollgate.Contracts.Http;
using Tollgate.Contracts.Imports;
using Tollgate.Contracts.Inbox;
using Tollgate.Contracts.Invoicing;
using Tollgate.Contracts.Llm;
using Tollgate.Contracts.Mail;
using Tollgate.Contracts.Metering;
using Tollgate.Contracts.Notices;
using Tollgate.Contracts.Payments;
using Tollgate.Contracts.Privacy;
using Tollgate.Contracts.Projects;
using Tollgate.Contracts.Quotas;
using Tollgate.Contracts.Reports;
using Tollgate.Contracts.SeedDoors;
using Tollgate.Contracts.Subscriptions;
using Tollgate.Contracts.Webhooks;
using Tollgate.Core.Alerts;
using Tollgate.Core.Analytics;
using Tollgate.Core.Catalog;
using Tollgate.Core.Checkouts;
using Tollgate.Core.Costs;
using Tollgate.Core.Customers;
using Tollgate.Core.Dunning;
using Tollgate.Core.Grants;
using Tollgate.Core.Imports;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Ledger;
using Tollgate.Core.Llm;
using Tollgate.Core.Mail;
using Tollgate.Core.Notices;
using Tollgate.Core.Payments;
using Tollgate.Core.Privacy;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Core.Quotas;
using Tollgate.Core.Reports;
using Tollgate.Core.Subscriptions;
using Tollgate.Core.Time;
using Tollgate.Core.Webhooks;
using Tollgate.Engine.Analytics;
using Tollgate.Engine.Billing;
using Tollgate.Engine.Grants;
using Tollgate.Engine.Imports;
using Tollgate.Engine.Inbox;
using Tollgate.Engine.Jobs;
using Tollgate.Engine.Payments.Stripe;
using Tollgate.Engine.Privacy;
using Tollgate.Engine.Projects;
using Tollgate.Engine.Subscriptions;
using Tollgate.Engine.Webhooks;
using Tollgate.Server.Analytics;
using Tollgate.Server.Billing;
using Tollgate.Server.Catalog;
using Tollgate.Server.Checkouts;
using Tollgate.Server.Costs;
using Tollgate.Server.Customers;
using Tollgate.Server.Invoicing;
using Tollgate.Server.Llm;
using Tollgate.Server.Metering;
using Tollgate.Server.Payments;
using Tollgate.Server.Projects;
using Tollgate.Server.Quotas;
using Tollgate.Server.Reports;
using Tollgate.Server.Webhooks;

namespace Tollgate.Server.Hosting;

/// <summary>
/// The members of bodies with a closed set of values: the <c>enum</c>s of the OpenAPI document. Each set comes from the code that writes or
/// reads its values, so that the document and the API cannot differ.
/// </summary>
internal static class ClosedSets
{
    private static readonly IReadOnlyList<string> Providers = CatalogWords.All<PaymentProvider>();
    private static readonly IReadOnlyList<string> EventSources = ["customer_token", "import"];
    private static readonly IReadOnlyList<string> Intervals = CatalogWords.All<PriceInterval>();
    private static readonly IReadOnlyList<string> Kinds = CatalogWords.All<FeatureKind>();
    private static readonly IReadOnlyList<string> Periods = CatalogWords.All<QuotaPeriodKind>();
    private static readonly IReadOnlyList<string> SubscriptionStates = CatalogWords.All<SubscriptionStatus>();
    private static readonly IReadOnlyList<string> Reasons = [.. Enum.GetValues<Outcome>().Select(OutcomeMap.Reason)];
    private static readonly IReadOnlyList<string> GivenSources = [
        .. GrantRow.Sources.Where(static name => GrantRow.TryParseSource(name, out _))];
    private static readonly IReadOnlyList<string> KeyKinds =
        [.. Enum.GetValues<KeyKind>().Where(static kind => kind != KeyKind.CustomerToken).Select(ProjectQueries.NameOf)];

    private static readonly IReadOnlyList<string> VatSources = [VatCheckRules.Vies, VatCheckRules.Sandbox];
    private static readonly IReadOnlyList<string> EventTypes = [.. WebhookEventType.All.Select(static type => type.Name)];

    public static IReadOnlyDictionary<(Type Body, string Member), IReadOnlyList<string>> All { get; } =
        new Dictionary<(Type Body, string Member), IReadOnlyList<string>>
    {
        [(typeof(Problem), nameof(Problem.Code))] = [.. ErrorCode.All.Select(static error => error.Code)],
        [(typeof(Problem), nameof(Problem.Reason))] = Reasons,

        [(typeof(DecisionView), nameof(DecisionView.Reason))] = Reasons,
        [(typeof(DecisionExplained), nameof(DecisionExplained.Kind))] = CatalogWords.All<DecisionKind>(),
        [(typeof(DecisionExplained), nameof(DecisionExplained.Reason))] = [
            .. Reasons, DecisionsEndpoints.NotMetered, .. CatalogWords.All<HoldState>()],
        [(typeof(BurnedGrant), nameof(BurnedGrant.Source))] = GrantRow.Sources,

        [(typeof(CsatChurnView), nameof(CsatChurnView.Csat))] = CatalogWords.All<CsatBand>(),

        [(typeof(PriceView), nameof(PriceView.Interval))] = Intervals,
        [(typeof(SeatsView), nameof(SeatsView.Mode))] = CatalogWords.All<TierMode>(),
        [(typeof(SeatsView), nameof(SeatsView.FirstFlatFee))] = CatalogWords.All<FirstFlatFee>(),
        [(typeof(OveragePriceView), nameof(OveragePriceView.Mode))] = CatalogWords.All<TierMode>(),
        [(typeof(OveragePriceView), nameof(OveragePriceView.FirstFlatFee))] = CatalogWords.All<FirstFlatFee>(),
        [(typeof(PlanEntitlementView), nameof(PlanEntitlementView.Kind))] = Kinds,
        [(typeof(PlanEntitlementView), nameof(PlanEntitlementView.Period))] = Periods,
        [(typeof(FeatureView), nameof(FeatureView.Kind))] = Kinds,
        [(typeof(CatalogAnswer), nameof(CatalogAnswer.Outcome))] = CatalogWords.All<CatalogOutcome>(),
        [(typeof(CatalogChangeView), nameof(CatalogChangeView.Kind))] = CatalogWords.All<CatalogChangeKind>(),

        [(typeof(TaxStandingView), nameof(TaxStandingView.VatStatus))] = CatalogWords.All<VatStatus>(),
        [(typeof(TaxStandingView), nameof(TaxStandingView.Source))] = VatSources,
        [(typeof(TaxIdCheckView), nameof(TaxIdCheckView.Status))] = CatalogWords.All<VatStatus>(),
        [(typeof(TaxIdCheckView), nameof(TaxIdCheckView.Source))] = VatSources,
        [(typeof(AddGrantRequest), nameof(AddGrantRequest.Source))] = GivenSources,
        [(typeof(GrantView), nameof(GrantView.Source))] = GrantRow.Sources,
        [(typeof(GrantView), nameof(GrantView.Status))] = CatalogWords.All<GrantStatus>(),
        [(typeof(AddGrantScheduleRequest), nameof(AddGrantScheduleRequest.Every))] = CatalogWords.All<GrantInterval>(),
        [(typeof(AddGrantScheduleRequest), nameof(AddGrantScheduleRequest.Source))] = GivenSources,
        [(typeof(GrantScheduleView), nameof(GrantScheduleView.Every))] = CatalogWords.All<GrantInterval>(),
        [(typeof(GrantScheduleView), nameof(GrantScheduleView.Source))] = GrantRow.Sources,
        [(typeof(GrantScheduleView), nameof(GrantScheduleView.Status))] = CatalogWords.All<ScheduleStatus>(),
        [(typeof(WithdrawRequest), nameof(WithdrawRequest.Source))] = GrantRow.Sources,
        [(typeof(WithdrawalView), nameof(WithdrawalView.Source))] = GrantRow.Sources,
        [(typeof(EntitlementView), nameof(EntitlementView.Kind))] = Kinds,
        [(typeof(EntitlementView), nameof(EntitlementView.Period))] = Periods,
        [(typeof(RateWindowView), nameof(RateWindowView.Per))] = CatalogWords.All<RateUnit>(),
        [(typeof(RateWindowView), nameof(RateWindowView.Counts))] = CatalogWords.All<Counted>(),
        [(typeof(ExplainView), nameof(ExplainView.Kind))] = Kinds,
        [(typeof(ExplainView), nameof(ExplainView.Reason))] = [.. Reasons, ReadingEndpoints.Setting],
        [(typeof(MrrFactView), nameof(MrrFactView.Kind))] = CatalogWords.All<MrrMovement>(),
        [(typeof(MrrFactView), nameof(MrrFactView.Interval))] = Intervals,
        [(typeof(KpiView), nameof(KpiView.Unit))] = KpiEndpoints.Units,
        [(typeof(SlaView), nameof(SlaView.Missed))] = CatalogWords.All<SlaFigure>(),
        [(typeof(MarginsView), nameof(MarginsView.GroupBy))] = CatalogWords.All<MarginBy>(),
        [(typeof(SegmentsView), nameof(SegmentsView.GroupBy))] = CatalogWords.All<SegmentBy>(),
        [(typeof(SubscriptionTermsView), nameof(SubscriptionTermsView.Status))] = SubscriptionStates,
        [(typeof(SubscriptionTermsView), nameof(SubscriptionTermsView.Interval))] = Intervals,

        [(typeof(ErasureView), nameof(ErasureView.Status))] = ErasureQueries.Statuses,
        [(typeof(RetentionRunView), nameof(RetentionRunView.Status))] = ErasureQueries.Statuses,
        [(typeof(RetentionPlanView), nameof(RetentionPlanView.Source))] = CatalogWords.All<RetentionSource>(),
        [(typeof(ImportView), nameof(ImportView.Status))] = CatalogWords.All<ImportStatus>(),
        [(typeof(ImportView), nameof(ImportView.Format))] = CatalogWords.All<ImportFormat>(),
        [(typeof(ImportView), nameof(ImportView.Kind))] = CatalogWords.All<ImportKind>(),
        [(typeof(ImportSumView), nameof(ImportSumView.Kind))] = CatalogWords.All<ImportKind>(),
        [(typeof(CreateSubscriptionRequest), nameof(CreateSubscriptionRequest.Period))] = Intervals,
        [(typeof(CreateSubscriptionRequest), nameof(CreateSubscriptionRequest.TrialEndBehavior))] = SubscriptionEndpoints.TrialEnds,
        [(typeof(ChangeSubscriptionRequest), nameof(ChangeSubscriptionRequest.Period))] = Intervals,
        [(typeof(ChangeSubscriptionRequest), nameof(ChangeSubscriptionRequest.When))] = CatalogWords.All<ChangeTime>(),
        [(typeof(ChangeSubscriptionRequest), nameof(ChangeSubscriptionRequest.Proration))] = CatalogWords.All<Proration>(),
        [(typeof(CancelSubscriptionRequest), nameof(CancelSubscriptionRequest.At))] = CatalogWords.All<ChangeTime>(),
        [(typeof(MigratePlanRequest), nameof(MigratePlanRequest.When))] = CatalogWords.All<ChangeTime>(),
        [(typeof(MigratePlanRequest), nameof(MigratePlanRequest.Proration))] = CatalogWords.All<Proration>(),
        [(typeof(MigratedView), nameof(MigratedView.When))] = CatalogWords.All<MigrationTime>(),
        [(typeof(SubscriptionView), nameof(SubscriptionView.Status))] = SubscriptionStates,
        [(typeof(SubscriptionView), nameof(SubscriptionView.Period))] = Intervals,
        [(typeof(SubscriptionView), nameof(SubscriptionView.ManagedBy))] = Providers,
        [(typeof(ScheduledChangeView), nameof(ScheduledChangeView.Period))] = Intervals,
        [(typeof(SubscriptionFactView), nameof(SubscriptionFactView.Type))] = CatalogWords.All<SubscriptionVerb>(),
        [(typeof(SubscriptionStateView), nameof(SubscriptionStateView.Status))] = SubscriptionStates,
        [(typeof(SubscriptionStateView), nameof(SubscriptionStateView.Period))] = Intervals,
        [(typeof(DueItemView), nameof(DueItemView.Type))] = CatalogWords.All<SubscriptionVerb>(),
        [(typeof(SubscriptionCouponView), nameof(SubscriptionCouponView.Duration))] = CatalogWords.All<CouponDuration>(),

        [(typeof(InvoiceView), nameof(InvoiceView.Status))] = CatalogWords.All<InvoiceStatus>(),
        [(typeof(InvoiceView), nameof(InvoiceView.Kind))] = CatalogWords.All<InvoiceKind>(),
        [(typeof(InvoiceLineView), nameof(InvoiceLineView.Kind))] = CatalogWords.All<InvoiceLineKind>(),
        [(typeof(StatementEntryView), nameof(StatementEntryView.Kind))] = CatalogWords.All<StatementEntryKind>(),
        [(typeof(PackPurchaseView), nameof(PackPurchaseView.Status))] = CatalogWords.All<PackStatus>(),
        [(typeof(GiveCreditRequest), nameof(GiveCreditRequest.Kind))] = CatalogWords.All<CreditKind>(),
        [(typeof(CreditFactView), nameof(CreditFactView.Kind))] = CatalogWords.All<CreditKind>(),
        [(typeof(CreditFactView), nameof(CreditFactView.Cause))] = CatalogWords.All<CreditCause>(),
        [(typeof(CreditBalanceView), nameof(CreditBalanceView.Kind))] = CatalogWords.All<CreditKind>(),
        [(typeof(CreateCouponRequest), nameof(CreateCouponRequest.Duration))] = CatalogWords.All<CouponDuration>(),
        [(typeof(CouponView), nameof(CouponView.Duration))] = CatalogWords.All<CouponDuration>(),
        [(typeof(InvoiceSettingsBody), nameof(InvoiceSettingsBody.Language))] = [.. InvoiceLocale.All.Select(static locale => locale.Tag)],

        [(typeof(PaymentView), nameof(PaymentView.Provider))] = Providers,
        [(typeof(PaymentView), nameof(PaymentView.Status))] = CatalogWords.All<PaymentStatus>(),
        [(typeof(PaymentView), nameof(PaymentView.Failure))] = CatalogWords.All<PaymentFailure>(),
        [(typeof(PaymentView), nameof(PaymentView.Dispute))] = CatalogWords.All<DisputeStatus>(),
        [(typeof(RefundView), nameof(RefundView.Status))] = CatalogWords.All<PaymentStatus>(),
        [(typeof(PaymentMethodView), nameof(PaymentMethodView.Provider))] = Providers,
        [(typeof(DisputeView), nameof(DisputeView.Provider))] = Providers,
        [(typeof(DisputeView), nameof(DisputeView.Status))] = CatalogWords.All<DisputeStatus>(),
        [(typeof(ProviderInvoiceView), nameof(ProviderInvoiceView.Provider))] = Providers,
        [(typeof(ProviderInvoiceView), nameof(ProviderInvoiceView.Status))] = CatalogWords.All<ProviderInvoiceStatus>(),
        [(typeof(PaymentSettingsRequest), nameof(PaymentSettingsRequest.Provider))] = Providers,
        [(typeof(PaymentSettingsRequest), nameof(PaymentSettingsRequest.Subscriptions))] = CatalogWords.All<SubscriptionsBy>(),
        [(typeof(PaymentSettingsView), nameof(PaymentSettingsView.Provider))] = Providers,
        [(typeof(PaymentSettingsView), nameof(PaymentSettingsView.Subscriptions))] = CatalogWords.All<SubscriptionsBy>(),
        [(typeof(PaymentBehaviorRequest), nameof(PaymentBehaviorRequest.Outcome))] = CatalogWords.All<SandboxOutcome>(),
        [(typeof(SandboxEventRequest), nameof(SandboxEventRequest.Type))] = SandboxEndpoints.Happenings,
        [(typeof(StripeSyncLine), nameof(StripeSyncLine.Outcome))] = CatalogWords.All<SyncOutcome>(),
        [(typeof(CreateCheckoutRequest), nameof(CreateCheckoutRequest.Period))] = Intervals,
        [(typeof(CreateCheckoutRequest), nameof(CreateCheckoutRequest.PaymentMethod))] = CheckoutEndpoints.MethodWishes,
        [(typeof(CheckoutView), nameof(CheckoutView.Kind))] = CatalogWords.All<CheckoutKind>(),
        [(typeof(CheckoutView), nameof(CheckoutView.Status))] = CatalogWords.All<CheckoutStatus>(),
        [(typeof(PortalSessionItem), nameof(PortalSessionItem.Status))] = CatalogWords.All<TokenStatus>(),
        [(typeof(DunningPolicyBody), nameof(DunningPolicyBody.FinalAction))] = CatalogWords.All<DunningEnd>(),
        [(typeof(DunningView), nameof(DunningView.SubscriptionStatus))] = SubscriptionStates,
        [(typeof(DunningView), nameof(DunningView.Failure))] = CatalogWords.All<PaymentFailure>(),
        [(typeof(EventView), nameof(EventView.Source))] = EventSources,
        [(typeof(LlmCallView), nameof(LlmCallView.Source))] = EventSources,
        [(typeof(ProviderEventView), nameof(ProviderEventView.Provider))] = Providers,
        [(typeof(ProviderEventView), nameof(ProviderEventView.State))] = CatalogWords.All<InboxState>(),

        [(typeof(CreateProjectRequest), nameof(CreateProjectRequest.Mode))] = CatalogWords.All<ProjectMode>(),
        [(typeof(CreatedProject), nameof(CreatedProject.Mode))] = CatalogWords.All<ProjectMode>(),
        [(typeof(ProjectView), nameof(ProjectView.Mode))] = CatalogWords.All<ProjectMode>(),
        [(typeof(CreateKeyRequest), nameof(CreateKeyRequest.Kind))] = KeyKinds,
        [(typeof(CreateKeyRequest), nameof(CreateKeyRequest.Scopes))] = Scopes.Names,
        [(typeof(CreatedKey), nameof(CreatedKey.Kind))] = KeyKinds,
        [(typeof(CreatedKey), nameof(CreatedKey.Scopes))] = Scopes.Names,
        [(typeof(KeyView), nameof(KeyView.Kind))] = KeyKinds,
        [(typeof(KeyView), nameof(KeyView.Scopes))] = Scopes.Names,
        [(typeof(TokenView), nameof(TokenView.Status))] = CatalogWords.All<TokenStatus>(),

        [(typeof(CreateWebhookEndpointRequest), nameof(CreateWebhookEndpointRequest.Format))] = WebhookEndpoint.Formats,
        [(typeof(WebhookEndpointView), nameof(WebhookEndpointView.Format))] = WebhookEndpoint.Formats,
        [(typeof(WebhookEndpointView), nameof(WebhookEndpointView.Status))] = CatalogWords.All<EndpointStatus>(),
        [(typeof(WebhookEndpointView), nameof(WebhookEndpointView.DisabledReason))] = [
            WebhookEndpoint.Manual, .. CatalogWords.All<EndpointFault>()],
        [(typeof(WebhookEventTypeView), nameof(WebhookEventTypeView.Type))] = EventTypes,
        [(typeof(WebhookEventTypeView), nameof(WebhookEventTypeView.ObjectType))] = CatalogWords.All<WebhookObject>(),
        [(typeof(WebhookEventView), nameof(WebhookEventView.Type))] = EventTypes,
        [(typeof(WebhookEventView), nameof(WebhookEventView.ObjectType))] = CatalogWords.All<WebhookObject>(),
        [(typeof(WebhookDeliveryView), nameof(WebhookDeliveryView.Type))] = EventTypes,
        [(typeof(WebhookDeliveryView), nameof(WebhookDeliveryView.ObjectType))] = CatalogWords.All<WebhookObject>(),
        [(typeof(WebhookDeliveryView), nameof(WebhookDeliveryView.Status))] = WebhookQueries.States,
        [(typeof(MailView), nameof(MailView.Type))] = CatalogWords.All<MailType>(),
        [(typeof(MailView), nameof(MailView.Status))] = CatalogWords.All<MailState>(),
        [(typeof(NoticeView), nameof(NoticeView.Code))] = CatalogWords.All<NoticeCode>(),
        [(typeof(NoticeView), nameof(NoticeView.Severity))] = CatalogWords.All<NoticeSeverity>(),
        [(typeof(NoticeActionView), nameof(NoticeActionView.Do))] = CatalogWords.All<NoticeAction>(),
        [(typeof(ParkedWorkView), nameof(ParkedWorkView.Work))] = WorkNames.All,

        [(typeof(UsageNotice), nameof(UsageNotice.Severity))] = CatalogWords.All<NoticeLevel>(),
        [(typeof(AlertRuleBody), nameof(AlertRuleBody.Kind))] = CatalogWords.All<AlertKind>(),
        [(typeof(AlertRuleBody), nameof(AlertRuleBody.Severity))] = CatalogWords.All<AlertSeverity>(),
        [(typeof(AlertRuleBody), nameof(AlertRuleBody.Channels))] = CatalogWords.All<AlertChannel>(),
        [(typeof(AlertRuleBody), nameof(AlertRuleBody.Repeat))] = CatalogWords.All<AlertRepeat>(),
        [(typeof(AlertRuleView), nameof(AlertRuleView.Kind))] = CatalogWords.All<AlertKind>(),
        [(typeof(AlertRuleView), nameof(AlertRuleView.Severity))] = CatalogWords.All<AlertSeverity>(),
        [(typeof(AlertRuleView), nameof(AlertRuleView.Channels))] = CatalogWords.All<AlertChannel>(),
        [(typeof(AlertRuleView), nameof(AlertRuleView.Repeat))] = CatalogWords.All<AlertRepeat>(),
        [(typeof(AlertView), nameof(AlertView.Kind))] = CatalogWords.All<AlertKind>(),
        [(typeof(AlertView), nameof(AlertView.Severity))] = CatalogWords.All<AlertSeverity>(),
        [(typeof(CustomerAlert), nameof(CustomerAlert.Severity))] = CatalogWords.All<AlertSeverity>(),
        [(typeof(ReportView), nameof(ReportView.Kind))] = [.. ReportDescriptions.BusinessKinds, .. ReportDescriptions.CustomerKinds],
        [(typeof(ReportColumnView), nameof(ReportColumnView.Type))] = ReportFiles.ColumnTypes,
        [(typeof(ReportScheduleBody), nameof(ReportScheduleBody.Kind))] = CatalogWords.All<ReportKind>(),
        [(typeof(ReportScheduleBody), nameof(ReportScheduleBody.Every))] = CatalogWords.All<ReportInterval>(),
        [(typeof(ReportScheduleBody), nameof(ReportScheduleBody.Format))] = CatalogWords.All<ReportFormat>(),
        [(typeof(ReportScheduleView), nameof(ReportScheduleView.Kind))] = CatalogWords.All<ReportKind>(),
        [(typeof(ReportScheduleView), nameof(ReportScheduleView.Every))] = CatalogWords.All<ReportInterval>(),
        [(typeof(ReportScheduleView), nameof(ReportScheduleView.Format))] = CatalogWords.All<ReportFormat>(),
        [(typeof(CostAnalysis), nameof(CostAnalysis.GroupBy))] = [.. CostAnalysisEndpoints.Groupings.Keys],
        [(typeof(ModelPriceView), nameof(ModelPriceView.Scope))] = CatalogWords.All<PriceScope>(),
        [(typeof(PricesImported), nameof(PricesImported.Scope))] = CatalogWords.All<PriceScope>(),
        [(typeof(PriceChangeView), nameof(PriceChangeView.Kind))] = CatalogWords.All<PriceChangeKind>(),
        [(typeof(UpstreamRequest), nameof(UpstreamRequest.ReportedCost))] = CatalogWords.All<ReportedCostPolicy>(),
        [(typeof(UpstreamView), nameof(UpstreamView.ReportedCost))] = CatalogWords.All<ReportedCostPolicy>(),

        [(typeof(AlwrityNotice), nameof(AlwrityNotice.Severity))] = CatalogWords.All<NoticeLevel>(),
        [(typeof(AlwrityAlert), nameof(AlwrityAlert.Severity))] = CatalogWords.All<NoticeLevel>(),
        [(typeof(PricingPrice), nameof(PricingPrice.BillingPeriod))] = Intervals,
        [(typeof(ResumeAtsBillingStatus), nameof(ResumeAtsBillingStatus.Provider))] = Providers,
        [(typeof(EmailAssistantSubscription), nameof(EmailAssistantSubscription.Status))] = SubscriptionStates,
        [(typeof(EmailAssistantSubscription), nameof(EmailAssistantSubscription.BillingPeriod))] = Intervals,
        [(typeof(EmailAssistantSubscribe), nameof(EmailAssistantSubscribe.BillingPeriod))] = Intervals,
        [(typeof(EmailAssistantTierChange), nameof(EmailAssistantTierChange.BillingPeriod))] = Intervals,
    };

    /// <summary>Null: the member takes any value of its type.</summary>
    public static IReadOnlyList<string>? Of(PropertyInfo member) => All.GetValueOrDefault((member.DeclaringType!, member.Name));
}
