using System.Reflection;

namespace Tollgate.Contracts.Http;

/// <summary>
/// A way in which a request can fail: a closed list. The code never changes once released; callers switch on it. Each has a page at
/// <c>docs/reference/errors/&lt;code&gt;.md</c>, and a test holds pages and list together.
/// </summary>
/// <param name="Code">Stable, snake_case.</param>
/// <param name="Status">The HTTP status that it always comes with.</param>
/// <param name="Title">Short, the same for every occurrence.</param>
/// <param name="Description">The meaning of the error.</param>
/// <param name="HowToFix">The action that the caller can take.</param>
public sealed partial record ErrorCode(string Code, int Status, string Title, string Description, string HowToFix)
{
    // 400: the request could not be read.
    public static readonly ErrorCode MalformedJson = new(
        "malformed_json", 400, "The body is not valid JSON",
        "Tollgate cannot parse the body as JSON. The detail gives the line and the byte of the first error.",
        "Send one complete JSON value, encoded as UTF-8, without a trailing comma or text after it.");

    public static readonly ErrorCode MalformedRequest = new(
        "malformed_request", 400, "The request is malformed",
        "A header, the path, the query or the encoding of the body violates a rule of HTTP or of this operation.",
        "Correct the part of the request that the detail names.");

    public static readonly ErrorCode ProjectRequired = new(
        "project_required", 400, "The request names no project",
        "The operation belongs to a project, and the admin key does not.",
        "Add the header X-Project with the project's code, or use a key of the project.");

    public static readonly ErrorCode WebhookSignatureInvalid = new(
        "webhook_signature_invalid", 400, "The webhook's signature is invalid",
        "The signature does not match the webhook secret of any project on this server, or is more than five minutes old. Tollgate did not "
            + "store the event.",
        "Set the signing secret from the provider's dashboard with PUT /v1/payment-settings, and check the server's clock.");

    // 401 and 403: the caller is unknown or not allowed.
    public static readonly ErrorCode KeyMissing = new(
        "key_missing", 401, "The request has no key", "The request has no API key or token.",
        "Send Authorization: Bearer <key>, or X-Api-Key: <key>.");

    public static readonly ErrorCode KeyInvalid = new(
        "key_invalid", 401, "The key is unknown", "The server has no such key or token.",
        "Check that you copied the whole key and that it belongs to this server. If you have lost it, rotate it: Tollgate shows a key only "
            + "once.");

    public static readonly ErrorCode KeyExpired = new(
        "key_expired", 401, "The key has expired", "The key or customer token has passed its expiry time.",
        "Issue a new customer token, or create a new key.");

    public static readonly ErrorCode KeyRevoked = new(
        "key_revoked", 401, "The key was revoked",
        "The key has been revoked or rotated.",
        "Use the key that replaced it, or create a new one.");

    public static readonly ErrorCode KeyNotAllowed = new(
        "key_not_allowed", 403, "The operation needs another kind of key",
        "The key is valid, but the operation does not accept its kind, for example a public key where a secret key is required.",
        "Use a kind of key that the detail lists.");

    public static readonly ErrorCode ScopeMissing = new(
        "scope_missing", 403, "The key lacks a scope",
        "The key is restricted and does not have the scope that this operation requires.",
        "Create a key with the scope that the detail names.");

    public static readonly ErrorCode NetworkNotAllowed = new(
        "network_not_allowed", 403, "The key does not allow this address",
        "The key is restricted to certain networks, and the caller's address is not in any of them.",
        "Call from an allowed network, or create a key whose networks include the address.");

    public static readonly ErrorCode ExceedsIssuer = new(
        "exceeds_issuer", 403, "The new key would exceed the key that issues it",
        "A credential cannot have more scopes, more networks or a longer lifetime than the key that issues it. The list errors names each "
            + "field that exceeds them.",
        "Reduce the value, leave the field out to inherit the key's own value, or use a key with more rights.");

    public static readonly ErrorCode PathNotForwarded = new(
        "path_not_forwarded", 403, "The gateway does not forward this path for customers",
        "A customer token can make only the calls that Tollgate meters for its customer. Files, batches, other customers' jobs and "
            + "responses, and other data in the provider's account need a secret key.",
        "Call the path from your own server, with a secret key of the project.");

    // 402: the customer can pay for more.
    public static readonly ErrorCode QuotaExceeded = new(
        "quota_exceeded", 402, "The quota is used up",
        "The customer's plan has a hard cap for this feature, and the remaining quota does not cover the amount. Tollgate recorded "
            + "nothing.",
        "Wait until resets_at, upgrade the plan at upgrade_url, or grant a top-up.");

    public static readonly ErrorCode BudgetExceeded = new(
        "budget_exceeded", 402, "The budget is used up",
        "The feature is a budget in money, and the remaining budget does not cover the amount. Tollgate recorded nothing.",
        "Wait until resets_at, upgrade the plan at upgrade_url, or grant a top-up.");

    public static readonly ErrorCode FeatureDisabled = new(
        "feature_disabled", 402, "The plan does not include this feature",
        "The customer's plan has a quota of zero for the feature, and no grant covers the amount.",
        "Upgrade the plan at upgrade_url, or grant a top-up.");

    public static readonly ErrorCode FeatureNotInPlan = new(
        "feature_not_in_plan", 402, "The plan does not have this feature",
        "The customer's plan does not include the feature, or switches it off.",
        "Upgrade to a plan that includes the feature, such as suggested_plan.");

    public static readonly ErrorCode PaymentFailed = new(
        "payment_failed", 402, "The payment failed",
        "The customer must pay for the change before it takes effect, and the payment failed. Tollgate changed nothing.",
        "Add another payment method and try again, or create a payment page with POST /v1/checkouts.");

    public static readonly ErrorCode SubscriptionInactive = new(
        "subscription_inactive", 402, "The subscription is not active",
        "The customer's subscription is paused or has ended, and the catalogue has without_subscription: inactive.",
        "Resume the subscription, or create a new one.");

    // 404 and 405: the addressed object or route does not exist.
    public static readonly ErrorCode NotFound = new(
        "not_found", 404, "The path does not exist",
        "No operation has this path.",
        "Compare the path with /openapi/v1.json.");

    public static readonly ErrorCode ProjectNotFound = new(
        "project_not_found", 404, "The project does not exist",
        "No project has this code.",
        "List the projects with GET /v1/projects and the admin key.");

    public static readonly ErrorCode KeyNotFound = new(
        "key_not_found", 404, "The key does not exist",
        "This project has no key with this id.",
        "List the keys with GET /v1/api-keys. The id is not the key's text.");

    public static readonly ErrorCode CustomerNotFound = new(
        "customer_not_found", 404, "The customer does not exist",
        "This project has no customer with this id.",
        "Create the customer, or record usage: Tollgate creates a customer on first use.");

    public static readonly ErrorCode MemberNotFound = new(
        "member_not_found", 404, "The member does not exist",
        "This customer has no member with this id.",
        "List the customer's members, or add the user with POST /v1/customers/{id}/members.");

    public static readonly ErrorCode FeatureNotFound = new(
        "feature_not_found", 404, "The feature does not exist",
        "The project's catalogue has no feature with this code.",
        "Compare the code with GET /v1/features, or add the feature to the catalogue.");

    public static readonly ErrorCode PlanNotFound = new(
        "plan_not_found", 404, "The plan does not exist",
        "The project's catalogue has no plan with this code.",
        "Compare the code with GET /v1/plans, or add the plan to the catalogue.");

    public static readonly ErrorCode UpstreamNotConfigured = new(
        "upstream_not_configured", 404, "The provider is not set up",
        "This project has no upstream with this name, so the gateway has no credentials for the call.",
        "Set up the upstream with PUT /v1/upstreams/{provider}.");

    public static readonly ErrorCode ReservationNotFound = new(
        "reservation_not_found", 404, "The reservation does not exist",
        "This project has no reservation with this id.",
        "Use the id that POST /v1/reservations returned.");

    public static readonly ErrorCode EventNotFound = new(
        "event_not_found", 404, "The event does not exist",
        "This project has no event with this id.",
        "Use the id with which you recorded the event. GET /v1/events lists events.");

    public static readonly ErrorCode GrantNotFound = new(
        "grant_not_found", 404, "The grant does not exist",
        "This customer has no grant with this id.",
        "List the customer's grants with GET /v1/customers/{id}/grants.");

    public static readonly ErrorCode SubscriptionNotFound = new(
        "subscription_not_found", 404, "The subscription does not exist",
        "This project has no subscription with this id.",
        "Use the id that POST /v1/subscriptions returned, or list the customer's subscriptions with GET /v1/subscriptions?customer=.");

    public static readonly ErrorCode InvoiceNotFound = new(
        "invoice_not_found", 404, "The invoice does not exist",
        "This project has no invoice with this id, or the invoice has no such line.",
        "Use the invoice's id, not its number. GET /v1/invoices lists invoices.");

    public static readonly ErrorCode PaymentNotFound = new(
        "payment_not_found", 404, "The payment does not exist",
        "This project has no payment with this id.",
        "Use the id that POST /v1/payments returned. GET /v1/payments lists payments.");

    public static readonly ErrorCode PaymentMethodNotFound = new(
        "payment_method_not_found", 404, "The payment method does not exist",
        "The customer has no payment method with this id, or has removed it.",
        "List the customer's payment methods with GET /v1/customers/{id}/payment-methods.");

    public static readonly ErrorCode CheckoutNotFound = new(
        "checkout_not_found", 404, "The checkout does not exist",
        "This project has no checkout with this id.",
        "Use the id that POST /v1/checkouts returned. GET /v1/checkouts lists checkouts.");

    public static readonly ErrorCode TokenNotFound = new(
        "token_not_found", 404, "The customer token does not exist",
        "This customer has no token with this id. Tollgate deletes a token a day after it expires.",
        "Use the id that POST /v1/customers/{id}/tokens returned. GET /v1/customers/{id}/tokens lists tokens.");

    public static readonly ErrorCode PortalSessionNotFound = new(
        "portal_session_not_found", 404, "The portal session does not exist",
        "This project has no portal session with this id. Tollgate deletes a session some days after it expires.",
        "Use the id that POST /v1/portal-sessions returned. GET /v1/portal-sessions lists sessions.");

    public static readonly ErrorCode MailNotFound = new(
        "mail_not_found", 404, "The mail does not exist", "This project has no mail with this id. Tollgate keeps mails for 90 days.",
        "Use an id that GET /v1/mails lists.");

    public static readonly ErrorCode WebhookEndpointNotFound = new(
        "webhook_endpoint_not_found", 404, "The webhook endpoint does not exist",
        "This project has no webhook endpoint with this id, or it was deleted.",
        "Compare the id with GET /v1/webhook-endpoints.");

    public static readonly ErrorCode WebhookEventNotFound = new(
        "webhook_event_not_found", 404, "The webhook event does not exist",
        "This project has no webhook event with this id. Tollgate keeps webhook events for 90 days.",
        "Compare the id with GET /v1/webhook-events.");

    public static readonly ErrorCode DeliveryNotFound = new(
        "delivery_not_found", 404, "The delivery does not exist",
        "This project has no delivery with this id. Tollgate keeps deliveries for 90 days.",
        "Compare the id with GET /v1/deliveries.");

    public static readonly ErrorCode ProviderEventNotFound = new(
        "provider_event_not_found", 404, "The provider event does not exist",
        "This project has no provider event with this id, or Tollgate has already applied the event.",
        "Compare the id with GET /v1/provider-events. It begins with the provider's name: stripe:evt_….");

    public static readonly ErrorCode ImportNotFound = new(
        "import_not_found", 404, "The import does not exist", "This project has no import with this id.",
        "Compare the id with GET /v1/imports.");

    public static readonly ErrorCode CouponNotFound = new(
        "coupon_not_found", 404, "The coupon does not exist", "This project has no coupon with this code. Codes are case-sensitive.",
        "Compare the code with GET /v1/coupons.");

    public static readonly ErrorCode MethodNotAllowed = new(
        "method_not_allowed", 405, "The path does not support this method",
        "The path exists, but does not support this HTTP method. The header Allow lists the supported methods.",
        "Use one of the methods in the header Allow.");

    // 409: the state does not allow it.
    public static readonly ErrorCode Conflict = new(
        "conflict", 409, "The state does not allow this",
        "The object's state does not allow this request, or another request is changing the object.",
        "Read the detail. If the header Retry-After is present, repeat the same request after that many seconds.");

    public static readonly ErrorCode IdempotencyKeyReused = new(
        "idempotency_key_reused", 409, "The idempotency key was used for another request",
        "Tollgate has already accepted a different request with this Idempotency-Key or id.",
        "Use a new key for each new request. Repeat a key only with exactly the same content.");

    public static readonly ErrorCode ProjectExists = new(
        "project_exists", 409, "The project already exists",
        "This server has a project with this code.",
        "Choose another code, or use the existing project.");

    public static readonly ErrorCode CustomerExists = new(
        "customer_exists", 409, "The customer already exists",
        "This project has a customer with this id and different content.",
        "Change it with PATCH /v1/customers/{id}, or choose another id.");

    public static readonly ErrorCode CustomerIsMember = new(
        "customer_is_member", 409, "The customer is a member of another customer",
        "A member shares the plan and balances of its customer, and cannot have a plan, grants, overrides or a subscription of its own.",
        "Send the request for the customer in the detail, or first remove the member from that customer.");

    public static readonly ErrorCode MemberExists = new(
        "member_exists", 409, "The member already exists",
        "The user is already a member of this customer, with different content.",
        "Change it with PATCH /v1/customers/{id}/members/{member}.");

    public static readonly ErrorCode MemberElsewhere = new(
        "member_elsewhere", 409, "The user is a member of another customer",
        "A user can be a member of only one customer at a time. The detail names the current one.",
        "First remove the user from that customer, or use another id for the user in this customer.");

    public static readonly ErrorCode MemberNested = new(
        "member_nested", 409, "Members cannot have members",
        "A member cannot have members, and a customer with members cannot become a member.",
        "Add all users to one customer.");

    public static readonly ErrorCode NoSeatLeft = new(
        "no_seat_left", 409, "Every seat is taken",
        "The customer has as many members as its subscription has seats or, if the plan does not sell seats, as the server allows.",
        "Raise the subscription's quantity with PATCH /v1/subscriptions/{id}, or remove a member.");

    public static readonly ErrorCode ReservationClosed = new(
        "reservation_closed", 409, "The reservation is closed",
        "The reservation was released, or expired more than 24 hours ago.",
        "Record the used amount with POST /v1/events, or create a new reservation.");

    public static readonly ErrorCode ReservationAmbiguous = new(
        "reservation_ambiguous", 409, "Several reservations have this id",
        "Several customers of the project have a reservation with this id.",
        "Add the customer to the request.");

    public static readonly ErrorCode SubscriptionExists = new(
        "subscription_exists", 409, "The customer already has a subscription",
        "A customer has one subscription at a time, and a new one cannot begin before the previous one has ended. To sell more, use "
            + "add-ons or a larger quantity.",
        "Change the existing subscription, or cancel it and create the new one after it has ended.");

    public static readonly ErrorCode SubscriptionState = new(
        "subscription_state", 409, "The subscription's status does not allow this",
        "The subscription's status does not allow this step. For example, you cannot resume a canceled subscription.",
        "Read the subscription's status. docs/concepts/subscriptions.md lists the steps that each status allows.");

    public static readonly ErrorCode ProviderManaged = new(
        "provider_managed", 409, "The payment provider manages this subscription",
        "The payment provider renews and bills this subscription, and you cannot make this change through Tollgate.",
        "Change the subscription in the provider's dashboard or customer portal; Tollgate copies the change. docs/concepts/stripe.md lists "
            + "the changes that you can make through Tollgate.");

    public static readonly ErrorCode TrialUsed = new(
        "trial_used", 409, "The trial was already used",
        "A customer gets one trial, and so does a fingerprint (trial_fingerprint).",
        "Create the subscription with trial: false.");

    public static readonly ErrorCode CurrencyFixed = new(
        "currency_fixed", 409, "The customer has a different currency",
        "A customer keeps the currency of its first subscription, purchase or credit.",
        "Leave the currency out, or create a second customer for the other currency.");

    public static readonly ErrorCode InvoiceState = new(
        "invoice_state", 409, "The invoice's status does not allow this",
        "The invoice's status does not allow this step. For example, you cannot void a paid invoice or pay a void one. The lines of a "
            + "finalised invoice never change.",
        "To correct a finalised invoice, create a credit note.");

    public static readonly ErrorCode PaymentPending = new(
        "payment_pending", 409, "A payment is pending",
        "Tollgate has sent this charge to the provider, which has not answered yet. A second charge could take the money twice.",
        "Wait until the payment succeeds or fails. Tollgate asks the provider until it has a result.");

    public static readonly ErrorCode CheckoutState = new(
        "checkout_state", 409, "The checkout's status does not allow this",
        "The checkout is completed or credited, so it can no longer expire.",
        "To undo the purchase, cancel the subscription or refund the payment.");

    public static readonly ErrorCode PaymentMethodMissing = new(
        "payment_method_missing", 409, "The customer has no payment method",
        "Tollgate charges the customer's default payment method, and the customer has none.",
        "Add a payment method with POST /v1/customers/{id}/payment-methods, or record a manual payment with POST /v1/invoices/{id}/pay.");

    public static readonly ErrorCode BillingNotConfigured = new(
        "billing_not_configured", 409, "No payment provider is configured",
        "The project has no payment provider, or its provider has no keys or does not support this operation. A live project accepts only "
            + "manual payments until you choose a provider.",
        "Choose a provider and set its keys with PUT /v1/payment-settings, or record a manual payment with POST /v1/invoices/{id}/pay. To "
            + "try payments without a provider, create a sandbox project: ./tollgate projects create shop --sandbox --catalog trendit.");

    public static readonly ErrorCode InvoiceImplausible = new(
        "invoice_implausible", 409, "The invoice is implausible",
        "The invoice's total exceeds the project's limit, or cannot be computed. Tollgate changed nothing.",
        "Check amount, quantity, plan and usage. To raise the limit, set largest_total with PUT /v1/invoice-settings.");

    public static readonly ErrorCode WebhookEndpointState = new(
        "webhook_endpoint_state", 409, "The webhook endpoint does not allow this",
        "The endpoint is disabled or deleted, or the project already has 50 endpoints.",
        "Enable the endpoint with PATCH /v1/webhook-endpoints/{id}, or delete an endpoint that you no longer need.");

    public static readonly ErrorCode CouponExists = new(
        "coupon_exists", 409, "The coupon already exists",
        "This project already has a coupon with this code. You cannot change the terms of a coupon.",
        "Choose another code. You cannot reuse a code, even after you have ended its coupon with DELETE /v1/coupons/{code}.");

    public static readonly ErrorCode ClockBusy = new(
        "clock_busy", 409, "The clock is moving",
        "Another request is advancing this project's test clock.",
        "Wait until that request has finished, then repeat this one.");

    public static readonly ErrorCode SandboxOnly = new(
        "sandbox_only", 409, "Only sandbox projects support this",
        "The operation moves the test clock or controls the sandbox's payment provider, and this project is live.",
        "Use a project whose mode is sandbox: tollgate projects create shop-test --sandbox, or POST /v1/projects with \"mode\": "
            + "\"sandbox\".");

    public static readonly ErrorCode LastKey = new(
        "last_key", 409, "The last admin key cannot be revoked",
        "This is the only valid admin key. Without it, nobody could create projects or other admin keys.",
        "Create another admin key first, or rotate this one.");

    // 412, 413, 415 and 422: the content is at fault.
    public static readonly ErrorCode PreconditionFailed = new(
        "precondition_failed", 412, "The object has changed",
        "Another request has changed the object: the version in the header If-Match is not the current one.",
        "Read the current version, apply your change to it and send its ETag.");

    public static readonly ErrorCode PayloadTooLarge = new(
        "payload_too_large", 413, "The body is too large",
        "The body, one of its lines or the number of its items exceeds a limit, which the detail names.",
        "Split the request into smaller ones.");

    public static readonly ErrorCode UnsupportedMediaType = new(
        "unsupported_media_type", 415, "The body's media type is not supported",
        "The operation does not read bodies of this Content-Type.",
        "Send application/json, or another media type that the operation accepts.");

    public static readonly ErrorCode ValidationFailed = new(
        "validation_failed", 422, "The request has faults",
        "Some values in the request are invalid. The list errors has all of them.",
        "Correct every entry of errors: param names the field, and detail gives the expected value.");

    public static readonly ErrorCode UnknownField = new(
        "unknown_field", 422, "The body has an unknown field",
        "The body has a field that this operation does not support. Tollgate does not ignore unknown fields.",
        "Remove or rename the fields that errors lists.");

    public static readonly ErrorCode UnknownParameter = new(
        "unknown_parameter", 422, "The query has an unknown parameter",
        "The query has a parameter that this operation does not support, or has the same one twice. Tollgate does not ignore unknown "
            + "parameters, because a misspelt filter would list everything.",
        "Remove or rename the parameters that errors lists.");

    public static readonly ErrorCode InvalidType = new(
        "invalid_type", 422, "A field has the wrong type",
        "A field of the body has a JSON type or format that this operation does not accept.",
        "Send the type that the detail names.");

    public static readonly ErrorCode CatalogInvalid = new(
        "catalog_invalid", 422, "The catalogue has faults",
        "The catalogue is invalid. The list errors has every fault with its path, line and column. Tollgate changed nothing.",
        "Correct every entry of errors and send the catalogue again.");

    public static readonly ErrorCode PriceNotFound = new(
        "price_not_found", 422, "The plan has no such price",
        "The plan has no price for this period in this currency.",
        "Choose one of the plan's prices, or add a price to the catalogue.");

    public static readonly ErrorCode CouponRefused = new(
        "coupon_refused", 422, "The coupon cannot be redeemed",
        "The coupon is unknown, has ended, has been redeemed too often or already by this subscription, or does not apply to the plan, "
            + "currency or customer.",
        "Use another coupon, or leave it out.");

    public static readonly ErrorCode AddOnRefused = new(
        "add_on_refused", 422, "The add-on is not available",
        "The catalogue has no such add-on, or does not offer it for this plan, period, currency or quantity.",
        "GET /v1/catalog lists the available add-ons in add_ons.");

    public static readonly ErrorCode PackRefused = new(
        "pack_refused", 422, "The credit pack cannot be bought",
        "The catalogue has no such pack, no longer offers it, or does not offer it for the customer's plan or currency.",
        "GET /v1/catalog lists the available packs in packs.");

    public static readonly ErrorCode CreditRefused = new(
        "credit_refused", 422, "The amount cannot be credited",
        "The amount exceeds the invoice's total less its earlier credit notes.",
        "Reduce the amount, or leave out amount and lines to credit the rest of the invoice.");

    public static readonly ErrorCode RefundRefused = new(
        "refund_refused", 422, "The amount cannot be refunded",
        "The amount exceeds the part of the payment that you can still refund: its amount less earlier refunds, the disputed amount and "
            + "the amounts that credit notes returned as credit.",
        "Reduce the amount, or leave it out to refund the rest of the payment.");

    public static readonly ErrorCode CreditsInsufficient = new(
        "credits_insufficient", 422, "The customer does not have enough credit",
        "The amount exceeds the customer's prepaid credit. Invoices may have used some of it since you read the balance.",
        "Read the balance with GET /v1/customers/{id}/credits, and take back at most that amount.");

    public static readonly ErrorCode FeatureNotMetered = new(
        "feature_not_metered", 422, "The feature is not metered",
        "The feature is a switch or a value, so it has no quantity.",
        "Read the feature from GET /v1/customers/{id}/entitlements.");

    public static readonly ErrorCode LevelNotConsumed = new(
        "level_not_consumed", 422, "The feature is reported, not consumed",
        "The feature is a level: a meter with the aggregate latest, max or weighted_sum reads its value. You report a level; you cannot "
            + "consume, reserve or grant it.",
        "Report the value with POST /v1/events. Before you raise the level, call POST /v1/check. To allow more, raise the quota with a "
            + "plan, an add-on or an override.");

    public static readonly ErrorCode EventTooOld = new(
        "event_too_old", 422, "The event is too old",
        "occurred_at is more than 35 days in the past.",
        "Report events sooner. To correct an older period, credit the invoice or grant credits.");

    public static readonly ErrorCode EventInFuture = new(
        "event_in_future", 422, "The event is in the future",
        "occurred_at is more than 5 minutes ahead of the server's clock.",
        "Correct the sender's clock, or leave occurred_at out.");

    public static readonly ErrorCode EventUnmatched = new(
        "event_unmatched", 422, "No meter reads events of this type",
        "No meter in the catalogue reads events of this type, and the catalogue refuses such events (unmatched_events: refuse). Tollgate "
            + "recorded nothing.",
        "Send a type that a meter reads, such as the one that the detail suggests. Or add a meter to the catalogue, or set "
            + "unmatched_events to accept.");

    public static readonly ErrorCode EventValueInvalid = new(
        "event_value_invalid", 422, "The event's value is invalid",
        "A property that the feature's meter or a signal of customer success needs is missing or invalid, or the sum would exceed 999999999999999999.999999999.",
        "Send the property as a number. If the reason is out_of_range, send a smaller value.");

    public static readonly ErrorCode LimitReached = new(
        "limit_reached", 422, "The limit is reached",
        "The project or the customer has reached a limit. Tollgate created nothing.",
        "Remove objects that you no longer need. If the detail names a variable, the operator can raise the limit.");

    public static readonly ErrorCode GatewayLoop = new(
        "gateway_loop", 422, "The upstream leads back to a gateway",
        "A Tollgate gateway has already forwarded this call, so the upstream leads back to a gateway, directly or through other servers. "
            + "This server forwarded and recorded nothing.",
        "Set the upstream's base_url to the provider itself.");

    public static readonly ErrorCode UpstreamNotAllowed = new(
        "upstream_not_allowed", 403, "The upstream's address is not allowed",
        "The upstream's address is in a private network that the operator has not allowed, or is the server itself or a cloud's metadata "
            + "service. Tollgate sent nothing, and released the units that it held for the call.",
        "Set the upstream's base_url to a public address, or ask the operator to list its network in TOLLGATE_UPSTREAM_NETWORKS.");

    // 429 and 503: a later retry can succeed.
    public static readonly ErrorCode GatewayBusy = new(
        "gateway_busy", 429, "Too many gateway calls",
        "The project's gateway calls in progress have reached the limit of TOLLGATE_GATEWAY_CALLS, or the project's share of "
            + "TOLLGATE_GATEWAY_MEMORY. Tollgate forwarded and recorded nothing.",
        "Repeat the request after the number of seconds in the header Retry-After, or ask the operator to raise the limit.");

    public static readonly ErrorCode RateLimited = new(
        "rate_limited", 429, "The rate limit is reached",
        "The customer has reached a rate limit of its plan, or the most open reservations that the plan or Tollgate (10,000) allows. "
            + "Tollgate recorded nothing.",
        "Repeat the request after the number of seconds in the header Retry-After.");

    public static readonly ErrorCode CustomersLimited = new(
        "customers_limited", 429, "Too many new customers",
        "The project has created as many customers in the last minute as TOLLGATE_PROJECT_NEW_CUSTOMERS allows. Tollgate recorded nothing.",
        "Repeat the request after the number of seconds in the header Retry-After. Requests for existing customers still work.");

    public static readonly ErrorCode ProjectBusy = new(
        "project_busy", 429, "The project has too many requests at once",
        "The project has used up its share of the server, and too many of its requests are already waiting. Tollgate did nothing.",
        "Send fewer requests at once, and repeat this one after the number of seconds in the header Retry-After.");

    public static readonly ErrorCode Overloaded = new(
        "overloaded", 503, "The server is busy",
        "The server's queue of requests that wait for a decision or a PostgreSQL connection is full.",
        "Repeat the same request, with the same id, after the number of seconds in the header Retry-After.");

    public static readonly ErrorCode CustomerBusy = new(
        "customer_busy", 503, "The customer is busy",
        "Tollgate makes the changes of one customer one after another, and earlier changes took longer than 10 seconds. Tollgate recorded "
            + "nothing.",
        "Repeat the same request, with the same id or Idempotency-Key, after the number of seconds in the header Retry-After. Send fewer "
            + "changes to one customer at once.");

    public static readonly ErrorCode StorageUnavailable = new(
        "storage_unavailable", 503, "The database does not answer",
        "The server cannot reach PostgreSQL, or PostgreSQL did not answer in time. The request may or may not have taken effect.",
        "Repeat the same request, with the same id, after the number of seconds in the header Retry-After. Tollgate does not count it "
            + "twice.");

    // 500: the server is at fault.
    public static readonly ErrorCode UpstreamUnreadable = new(
        "upstream_unreadable", 503, "The provider's credentials cannot be decrypted",
        "This server does not have the master key with which the credentials were encrypted. Tollgate recorded nothing.",
        "Set the upstream's credentials again with PUT /v1/upstreams/{provider}, or start the server with the right master key.");

    public static readonly ErrorCode UpstreamUnreachable = new(
        "upstream_unreachable", 502, "The provider cannot be reached",
        "The server could not connect to the provider, or lost the connection before the answer. Tollgate released the units that it held, "
            + "and recorded the failed call.",
        "Check the upstream's base_url and the server's network, and try again.");

    public static readonly ErrorCode UpstreamTimeout = new(
        "upstream_timeout", 504, "The provider did not answer in time",
        "The provider sent nothing for TOLLGATE_UPSTREAM_SECONDS. Tollgate released the units that it held, and recorded the failed call.",
        "Request a stream, which begins sooner, or ask the operator to raise the limit.");

    public static readonly ErrorCode Internal = new(
        "internal", 500, "Tollgate failed",
        "A bug in Tollgate caused the request to fail. The server's log has the details under the request_id.",
        "Repeat the request once. If it fails again, report the bug with the request_id.");

    public static readonly ErrorCode NotAtProvider = new(
        "not_at_provider", 422, "The payment provider cannot do this",
        "The payment provider manages the subscription and does not support this request, for example a change at the end of the period, "
            + "proration by days, or a coupon that carries over. Tollgate changed nothing.",
        "Send a change that the provider supports; docs/concepts/stripe.md lists them. To create missing prices at Stripe, run tollgate "
            + "stripe sync.");

    /// <summary>Every code, in the order of their declaration. The parts of this type have no order among their initialisers.</summary>
    public static IReadOnlyList<ErrorCode> All => field ??=
        [.. typeof(ErrorCode).GetFields(BindingFlags.Public | BindingFlags.Static).OrderBy(static one => one.MetadataToken)
            .Select(static one => one.GetValue(null)).OfType<ErrorCode>()];

    /// <summary>The page that explains it, relative to the server.</summary>
    public string Page => "/docs/errors/" + Code;
}
