using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Tollgate.Contracts.Alerts;
using Tollgate.Contracts.Analytics;
using Tollgate.Contracts.Branding;
using Tollgate.Contracts.Catalog;
using Tollgate.Contracts.Checkouts;
using Tollgate.Contracts.Clocks;
using Tollgate.Contracts.Costs;
using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Dunning;
using Tollgate.Contracts.Gateway;
using Tollgate.Contracts.Hosting;
using Tollgate.Contracts.Imports;
using Tollgate.Contracts.Inbox;
using Tollgate.Contracts.Invoicing;
using Tollgate.Contracts.Ledger;
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

namespace Tollgate.Contracts.Http;

/// <summary>
/// The options with which all bodies are read and written, and the bodies by room: names in snake_case; unknown and repeated fields
/// refused, and null where a type has none; decimals and times in one spelling.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(PlainDecimal), typeof(UtcInstant)])]
[JsonSerializable(typeof(PlanView))]
[JsonSerializable(typeof(PlanList))]
[JsonSerializable(typeof(FeatureList))]
[JsonSerializable(typeof(PlanComparison))]
[JsonSerializable(typeof(CatalogAnswer))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(CreateCheckoutRequest))]
[JsonSerializable(typeof(CheckoutView))]
[JsonSerializable(typeof(CheckoutList))]
[JsonSerializable(typeof(PortalSessionRequest))]
[JsonSerializable(typeof(PortalSessionView))]
[JsonSerializable(typeof(PortalSessionItem))]
[JsonSerializable(typeof(PortalSessionList))]
[JsonSerializable(typeof(AdvanceClockRequest))]
[JsonSerializable(typeof(TestClockView))]
[JsonSerializable(typeof(ParkedWorkView))]
[JsonSerializable(typeof(ParkedWorkList))]
[JsonSerializable(typeof(CustomerCosts))]
[JsonSerializable(typeof(CustomerTrends))]
[JsonSerializable(typeof(CustomerDashboard))]
[JsonSerializable(typeof(MrrView))]
[JsonSerializable(typeof(MrrFactList))]
[JsonSerializable(typeof(ExchangeRateRequest))]
[JsonSerializable(typeof(ExchangeRateView))]
[JsonSerializable(typeof(ExchangeRateList))]
[JsonSerializable(typeof(KpisView))]
[JsonSerializable(typeof(MarginsView))]
[JsonSerializable(typeof(AdoptionView))]
[JsonSerializable(typeof(SuccessView))]
[JsonSerializable(typeof(CustomerSuccessView))]
[JsonSerializable(typeof(ProjectionsView))]
[JsonSerializable(typeof(GrowthView))]
[JsonSerializable(typeof(SpendRequest))]
[JsonSerializable(typeof(SpendView))]
[JsonSerializable(typeof(SpendList))]
[JsonSerializable(typeof(CohortsView))]
[JsonSerializable(typeof(SegmentsView))]
[JsonSerializable(typeof(CostAnalysis))]
[JsonSerializable(typeof(CustomerAnalysis))]
[JsonSerializable(typeof(SlaTargetsBody))]
[JsonSerializable(typeof(RevenueVsCost))]
[JsonSerializable(typeof(CreateCustomerRequest))]
[JsonSerializable(typeof(UpdateCustomerRequest))]
[JsonSerializable(typeof(CustomerView))]
[JsonSerializable(typeof(CustomerList))]
[JsonSerializable(typeof(AssignPlanRequest))]
[JsonSerializable(typeof(AddGrantRequest))]
[JsonSerializable(typeof(GrantView))]
[JsonSerializable(typeof(GrantList))]
[JsonSerializable(typeof(AddGrantScheduleRequest))]
[JsonSerializable(typeof(UpdateGrantScheduleRequest))]
[JsonSerializable(typeof(GrantScheduleView))]
[JsonSerializable(typeof(GrantScheduleList))]
[JsonSerializable(typeof(WithdrawRequest))]
[JsonSerializable(typeof(WithdrawalView))]
[JsonSerializable(typeof(AddMemberRequest))]
[JsonSerializable(typeof(UpdateMemberRequest))]
[JsonSerializable(typeof(MemberView))]
[JsonSerializable(typeof(MemberList))]
[JsonSerializable(typeof(UsageView))]
[JsonSerializable(typeof(EntitlementsView))]
[JsonSerializable(typeof(ExplainView))]
[JsonSerializable(typeof(TermsView))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, JsonElement>))]
[JsonSerializable(typeof(ErasureView))]
[JsonSerializable(typeof(ErasureList))]
[JsonSerializable(typeof(PrivacySettingsBody))]
[JsonSerializable(typeof(RetentionView))]
[JsonSerializable(typeof(RetentionRunList))]
[JsonSerializable(typeof(ExportManifest))]
[JsonSerializable(typeof(AlertRuleBody))]
[JsonSerializable(typeof(AlertRuleView))]
[JsonSerializable(typeof(AlertRuleList))]
[JsonSerializable(typeof(AlertView))]
[JsonSerializable(typeof(AlertList))]
[JsonSerializable(typeof(MuteAlertRequest))]
[JsonSerializable(typeof(CustomerAlerts))]
[JsonSerializable(typeof(CustomerAlert))]
[JsonSerializable(typeof(AlertWebhook))]
[JsonSerializable(typeof(ReportView))]
[JsonSerializable(typeof(ReportScheduleBody))]
[JsonSerializable(typeof(ReportScheduleView))]
[JsonSerializable(typeof(ReportScheduleList))]
[JsonSerializable(typeof(SlackBody))]
[JsonSerializable(typeof(DunningList))]
[JsonSerializable(typeof(DunningPolicyBody))]
[JsonSerializable(typeof(ImportView))]
[JsonSerializable(typeof(ImportList))]
[JsonSerializable(typeof(UpstreamRequest))]
[JsonSerializable(typeof(UpstreamView))]
[JsonSerializable(typeof(UpstreamList))]
[JsonSerializable(typeof(UpstreamCredentials))]
[JsonSerializable(typeof(LiveAnswer))]
[JsonSerializable(typeof(ReadyAnswer))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(NoMembers))]
[JsonSerializable(typeof(WebhookReceived))]
[JsonSerializable(typeof(ProviderEventView))]
[JsonSerializable(typeof(ProviderEventList))]
[JsonSerializable(typeof(ProviderEventsRetried))]
[JsonSerializable(typeof(InvoiceView))]
[JsonSerializable(typeof(InvoiceList))]
[JsonSerializable(typeof(InvoiceStatusRequest))]
[JsonSerializable(typeof(CreditInvoiceRequest))]
[JsonSerializable(typeof(LineExplanation))]
[JsonSerializable(typeof(CreateCouponRequest))]
[JsonSerializable(typeof(CouponView))]
[JsonSerializable(typeof(CouponList))]
[JsonSerializable(typeof(InvoiceSettingsBody))]
[JsonSerializable(typeof(BrandingBody))]
[JsonSerializable(typeof(TaxRates))]
[JsonSerializable(typeof(StatementView))]
[JsonSerializable(typeof(LateUsageList))]
[JsonSerializable(typeof(BuyPackRequest))]
[JsonSerializable(typeof(PackPurchaseView))]
[JsonSerializable(typeof(PackPurchaseList))]
[JsonSerializable(typeof(GiveCreditRequest))]
[JsonSerializable(typeof(CreditFactView))]
[JsonSerializable(typeof(CreditAccountView))]
[JsonSerializable(typeof(VerifiedView))]
[JsonSerializable(typeof(LlmCallRequest))]
[JsonSerializable(typeof(IReadOnlyList<JsonElement>))]
[JsonSerializable(typeof(LlmCallRecorded))]
[JsonSerializable(typeof(LlmCallsRecorded))]
[JsonSerializable(typeof(LlmCallList))]
[JsonSerializable(typeof(UnpricedModelList))]
[JsonSerializable(typeof(ModelPriceRequest))]
[JsonSerializable(typeof(ModelPriceView))]
[JsonSerializable(typeof(ModelPriceList))]
[JsonSerializable(typeof(PricesImported))]
[JsonSerializable(typeof(MarkupBody))]
[JsonSerializable(typeof(RerateRequest))]
[JsonSerializable(typeof(Rerated))]
[JsonSerializable(typeof(MailDetail))]
[JsonSerializable(typeof(MailList))]
[JsonSerializable(typeof(EventRequest))]
[JsonSerializable(typeof(RecordedEvents))]
[JsonSerializable(typeof(VoidRequest))]
[JsonSerializable(typeof(VoidedView))]
[JsonSerializable(typeof(EventOrigin))]
[JsonSerializable(typeof(EventView))]
[JsonSerializable(typeof(EventList))]
[JsonSerializable(typeof(DecisionExplained))]
[JsonSerializable(typeof(UnmatchedEventList))]
[JsonSerializable(typeof(NoticeList))]
[JsonSerializable(typeof(ChargeRequest))]
[JsonSerializable(typeof(PaymentView))]
[JsonSerializable(typeof(PaymentList))]
[JsonSerializable(typeof(RefundRequest))]
[JsonSerializable(typeof(AddPaymentMethodRequest))]
[JsonSerializable(typeof(PaymentMethodView))]
[JsonSerializable(typeof(PaymentMethodList))]
[JsonSerializable(typeof(PaymentBehaviorRequest))]
[JsonSerializable(typeof(PaymentSettingsRequest))]
[JsonSerializable(typeof(StripeReconcileRequest))]
[JsonSerializable(typeof(StripeReconcileReport))]
[JsonSerializable(typeof(StripeSyncRequest))]
[JsonSerializable(typeof(StripeSyncReport))]
[JsonSerializable(typeof(DisputeList))]
[JsonSerializable(typeof(ProviderInvoiceList))]
[JsonSerializable(typeof(WebhookBehaviorRequest))]
[JsonSerializable(typeof(SandboxEventRequest))]
[JsonSerializable(typeof(PaymentSettingsView))]
[JsonSerializable(typeof(CreateProjectRequest))]
[JsonSerializable(typeof(SetHostsRequest))]
[JsonSerializable(typeof(CreatedProject))]
[JsonSerializable(typeof(ProjectView))]
[JsonSerializable(typeof(ProjectList))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(CreatedKey))]
[JsonSerializable(typeof(RotateKeyRequest))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(CreateTokenRequest))]
[JsonSerializable(typeof(CreatedToken))]
[JsonSerializable(typeof(SetLoginRequest))]
[JsonSerializable(typeof(LoginView))]
[JsonSerializable(typeof(ResumeAtsLogin))]
[JsonSerializable(typeof(TokenView))]
[JsonSerializable(typeof(TokenList))]
[JsonSerializable(typeof(CheckRequest))]
[JsonSerializable(typeof(ConsumeRequest))]
[JsonSerializable(typeof(ReserveRequest))]
[JsonSerializable(typeof(SettleRequest))]
[JsonSerializable(typeof(ExtendRequest))]
[JsonSerializable(typeof(DecisionView))]
[JsonSerializable(typeof(ConsumedView))]
[JsonSerializable(typeof(ReservationView))]
[JsonSerializable(typeof(IReadOnlyList<PricingPlan>))]
[JsonSerializable(typeof(PricingPlan))]
[JsonSerializable(typeof(IReadOnlyList<PricingFeature>))]
[JsonSerializable(typeof(PricingComparison))]
[JsonSerializable(typeof(SubscriptionPlans))]
[JsonSerializable(typeof(SeedError<string>))]
[JsonSerializable(typeof(SeedError<CareerCoachDenied>))]
[JsonSerializable(typeof(SeedError<ResumeAtsDenied>))]
[JsonSerializable(typeof(SeedError<TrenditDenied>))]
[JsonSerializable(typeof(CareerCoachAllowed))]
[JsonSerializable(typeof(CareerCoachDatabaseHealth))]
[JsonSerializable(typeof(EmailAssistantUsage))]
[JsonSerializable(typeof(EmailAssistantLimits))]
[JsonSerializable(typeof(EmailAssistantTrack))]
[JsonSerializable(typeof(EmailAssistantTracked))]
[JsonSerializable(typeof(EmailAssistantFeatures))]
[JsonSerializable(typeof(EmailAssistantCheck))]
[JsonSerializable(typeof(EmailAssistantAccess))]
[JsonSerializable(typeof(EmailAssistantSubscribe))]
[JsonSerializable(typeof(EmailAssistantTierChange))]
[JsonSerializable(typeof(EmailAssistantSubscription))]
[JsonSerializable(typeof(ResumeAtsUsage))]
[JsonSerializable(typeof(ResumeAtsAllowed))]
[JsonSerializable(typeof(AlwrityUsage))]
[JsonSerializable(typeof(AlwrityPricing))]
[JsonSerializable(typeof(AlwrityTrends))]
[JsonSerializable(typeof(AlwrityDashboard))]
[JsonSerializable(typeof(AlwrityAlerts))]
[JsonSerializable(typeof(AlwrityAlert))]
[JsonSerializable(typeof(CareerCoachResult))]
[JsonSerializable(typeof(CareerCoachUserCosts))]
[JsonSerializable(typeof(CareerCoachFeatures))]
[JsonSerializable(typeof(CareerCoachPlans))]
[JsonSerializable(typeof(TrenditBatch))]
[JsonSerializable(typeof(TrenditAllowed))]
[JsonSerializable(typeof(SeedError<ResumeAtsBillingError>))]
[JsonSerializable(typeof(ResumeAtsCheckout))]
[JsonSerializable(typeof(ResumeAtsPortal))]
[JsonSerializable(typeof(ResumeAtsPortalOpened))]
[JsonSerializable(typeof(ResumeAtsBillingStatus))]
[JsonSerializable(typeof(TrenditCheckout))]
[JsonSerializable(typeof(SeedCheckout))]
[JsonSerializable(typeof(SeedWebhookTaken))]
[JsonSerializable(typeof(CreateSubscriptionRequest))]
[JsonSerializable(typeof(ChangeSubscriptionRequest))]
[JsonSerializable(typeof(CancelSubscriptionRequest))]
[JsonSerializable(typeof(PauseSubscriptionRequest))]
[JsonSerializable(typeof(SubscriptionStepRequest))]
[JsonSerializable(typeof(RedeemCouponRequest))]
[JsonSerializable(typeof(SubscriptionCouponView))]
[JsonSerializable(typeof(SubscriptionCouponList))]
[JsonSerializable(typeof(SubscriptionView))]
[JsonSerializable(typeof(SubscriptionChangeView))]
[JsonSerializable(typeof(SubscriptionList))]
[JsonSerializable(typeof(SubscriptionFactList))]
[JsonSerializable(typeof(ParkedList))]
[JsonSerializable(typeof(BillingRunView))]
[JsonSerializable(typeof(MigratePlanRequest))]
[JsonSerializable(typeof(MigrationView))]
[JsonSerializable(typeof(CreateWebhookEndpointRequest))]
[JsonSerializable(typeof(ChangeWebhookEndpointRequest))]
[JsonSerializable(typeof(RotateWebhookSecretRequest))]
[JsonSerializable(typeof(RedeliverRangeRequest))]
[JsonSerializable(typeof(RedeliveredRange))]
[JsonSerializable(typeof(WebhookEndpointView))]
[JsonSerializable(typeof(WebhookEndpointSecret))]
[JsonSerializable(typeof(WebhookEndpointList))]
[JsonSerializable(typeof(WebhookEventView))]
[JsonSerializable(typeof(WebhookEventList))]
[JsonSerializable(typeof(WebhookEventTypeList))]
[JsonSerializable(typeof(WebhookDeliveryView))]
[JsonSerializable(typeof(WebhookDeliveryDetail))]
[JsonSerializable(typeof(WebhookDeliveryList))]
[JsonSerializable(typeof(SubscriptionWebhook))]
[JsonSerializable(typeof(InvoiceWebhook))]
[JsonSerializable(typeof(CheckoutWebhook))]
[JsonSerializable(typeof(PaymentWebhook))]
[JsonSerializable(typeof(QuotaWebhook))]
[JsonSerializable(typeof(WebhookEndpointWebhook))]
public sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>
    /// The same, without members that are null: for problems, for the catalogue, which has far more optional members than any plan
    /// uses, and for the pricing pages of the seeds.
    /// </summary>
    public static WireJson WithoutNulls => Variants.Sparse;

    /// <summary>
    /// An array of which each element is judged apart: a check of the whole array for repeated names would refuse it for one name that is
    /// not Unicode.
    /// </summary>
    public static JsonTypeInfo<IReadOnlyList<JsonElement>> Elements => Variants.Loose.IReadOnlyListJsonElement;

    /// <summary>Made on first use, after <see cref="Default"/>: static members of a partial class have no order between files.</summary>
    private static class Variants
    {
        internal static readonly WireJson Sparse =
            new(new JsonSerializerOptions(Default.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });

        internal static readonly WireJson Loose =
            new(new JsonSerializerOptions(Default.Options) { AllowDuplicateProperties = true });
    }
}
