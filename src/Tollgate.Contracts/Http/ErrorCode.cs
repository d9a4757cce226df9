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
        "The body could not be parsed. The detail names the line and the byte at which it stops being JSON.",
        "Send one complete JSON value, encoded as UTF-8, without a trailing comma or text after it.");

    public static readonly ErrorCode MalformedRequest = new(
        "malformed_request", 400, "The request could not be read",
        "A header, the path, the query or the framing of the body breaks a rule of HTTP or of this operation.",
        "Read the detail; it names the part that could not be read.");

    public static readonly ErrorCode ProjectRequired = new(
        "project_required", 400, "A project is needed",
        "The server's admin key belongs to no project, and this operation works on one.",
        "Add the header X-Project with the project's code, or use a key of the project.");

    public static readonly ErrorCode WebhookSignatureInvalid = new(
        "webhook_signature_invalid", 400, "The webhook's signature is invalid",
        "No project of this server has the secret that signed the request, or the signature is more than five minutes old. "
            + "Tollgate stored nothing.",
        "Send the signing secret of the provider's dashboard with PUT /v1/payment-settings, and check the server's clock.");

    // 401 and 403: the caller is unknown or not allowed.
    public static readonly ErrorCode KeyMissing = new(
        "key_missing", 401, "A key is needed", "The request carries no key.",
        "Send Authorization: Bearer <key>, or X-Api-Key: <key>.");

    public static readonly ErrorCode KeyInvalid = new(
        "key_invalid", 401, "The key is unknown", "No key or token of this server has this text.",
        "Check that the whole key was copied and that it belongs to this server. Keys are shown once; rotate a lost one.");

    public static readonly ErrorCode KeyExpired = new(
        "key_expired", 401, "The key has expired", "The expiry time of the key or customer token has passed.",
        "Issue a new token, or create or rotate the key.");

    public static readonly ErrorCode KeyRevoked = new(
        "key_revoked", 401, "The key was revoked",
        "Somebody revoked or rotated the key, so the server no longer accepts it.",
        "Use the key that replaced it, or create a new one.");

    public static readonly ErrorCode KeyNotAllowed = new(
        "key_not_allowed", 403, "This kind of key may not do this",
        "The key is valid, but the operation needs another kind of key, for instance a secret key instead of a public one.",
        "Use the kind of key that the operation's documentation names.");

    public static readonly ErrorCode ScopeMissing = new(
        "scope_missing", 403, "The key lacks a scope",
        "The key is restricted, and the scope that this operation needs is not among its scopes.",
        "Create a key that has the scope named in the detail.");

    public static readonly ErrorCode NetworkNotAllowed = new(
        "network_not_allowed", 403, "The key may not be used from this address",
        "The key is restricted to networks, and the caller's address is in none of them.",
        "Call from an allowed network, or create a key whose networks include the address.");

    public static readonly ErrorCode ExceedsIssuer = new(
        "exceeds_issuer", 403, "The new key would exceed the key that issues it",
        "A credential has at most the scopes, networks and lifetime of the key that issues it. The list errors names each field that "
            + "exceeds them.",
        "Reduce the field, leave it out to inherit the key's own value, or use a key that has it.");

    public static readonly ErrorCode PathNotForwarded = new(
        "path_not_forwarded", 403, "The gateway does not forward this path for customers",
        "A customer token may make only calls that Tollgate meters for that customer. Files, batches, other customers' jobs and responses, "
        + "and everything else in the provider's account belong to the project.",
        "Call the path from your own server, with a secret key of the project.");

    // 402: the customer can pay for more.
    public static readonly ErrorCode QuotaExceeded = new(
        "quota_exceeded", 402, "The quota is used up",
        "The customer's plan caps this feature, and the remaining quota does not cover the amount. Nothing was recorded.",
        "Wait until resets_at, upgrade the plan at upgrade_url, or grant a top-up.");

    public static readonly ErrorCode BudgetExceeded = new(
        "budget_exceeded", 402, "The budget is used up",
        "The feature is a budget in money, and the remaining budget does not cover the amount. Nothing was recorded.",
        "Wait until resets_at, upgrade the plan at upgrade_url, or grant a top-up.");

    public static readonly ErrorCode FeatureDisabled = new(
        "feature_disabled", 402, "The plan gives none of this feature",
        "The customer's plan names the feature with a quota of zero, and no grant covers the amount.",
        "Upgrade the plan at upgrade_url, or grant a top-up.");

    public static readonly ErrorCode FeatureNotInPlan = new(
        "feature_not_in_plan", 402, "The plan does not have this feature",
        "The customer's plan does not name the feature, or has it switched off.",
        "Upgrade to a plan that has it; suggested_plan names one.");

    public static readonly ErrorCode PaymentFailed = new(
        "payment_failed", 402, "The payment failed",
        "The change must be paid first, and the payment failed. Nothing was changed.",
        "Add another payment method and try again, or create a page on which the customer pays with POST /v1/checkouts.");

    public static readonly ErrorCode SubscriptionInactive = new(
        "subscription_inactive", 402, "The subscription is not active",
        "The customer's subscription is paused, past due beyond its grace, or ended, and the catalogue says without_subscription: "
            + "inactive.",
        "Pay the open invoice, resume the subscription or subscribe again.");

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
        "customer_not_found", 404, "The customer does not exist", "This project has no customer with this id.",
        "Create the customer, or record an event for it: Tollgate creates a customer on first use.");

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
        "This project has no upstream of this name, so the gateway has no credentials for the call.",
        "Set up the upstream with PUT /v1/upstreams/{provider}.");

    public static readonly ErrorCode ReservationNotFound = new(
        "reservation_not_found", 404, "The reservation does not exist",
        "This project has no reservation with this id.",
        "Use the id that POST /v1/reservations returned.");

    public static readonly ErrorCode EventNotFound = new(
        "event_not_found", 404, "The event does not exist",
        "This project has no event with this id.",
        "Use the id that you recorded the event with. GET /v1/events lists events.");

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
        "The customer has no payment method with this id, or the payment method was removed.",
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
        "This project has received no provider event with this id, or Tollgate has processed the event and cannot process it again.",
        "Compare the id with GET /v1/provider-events. It begins with the provider's name: stripe:evt_….");

    public static readonly ErrorCode ImportNotFound = new(
        "import_not_found", 404, "The import does not exist", "This project has no import with this id.",
        "Compare the id with GET /v1/imports.");

    public static readonly ErrorCode CouponNotFound = new(
        "coupon_not_found", 404, "The coupon does not exist", "This project has no coupon with this code. Codes are case-sensitive.",
        "Compare the code with GET /v1/coupons.");

    public static readonly ErrorCode MethodNotAllowed = new(
        "method_not_allowed", 405, "The path does not support this method",
        "The path exists, but does not support this HTTP method. The header Allow lists the methods that it supports.",
        "Use one of the methods in the header Allow.");

    // 409: the state does not allow it.
    public static readonly ErrorCode Conflict = new(
        "conflict", 409, "The state does not allow this",
        "The object's state does not allow this request, or another request is changing the object.",
        "Read the detail. If the header Retry-After is present, repeat the same request after that many seconds.");

    public static readonly ErrorCode IdempotencyKeyReused = new(
        "idempotency_key_reused", 409, "The idempotency key was used for another request",
        "Tollgate has already accepted a request with this Idempotency-Key or id and different content.",
        "Use a new key for a new request. Repeat an old key only with exactly the same content.");

    public static readonly ErrorCode ProjectExists = new(
        "project_exists", 409, "The project already exists",
        "This server has a project with this code.",
        "Choose another code, or use the project that exists.");

    public static readonly ErrorCode CustomerExists = new(
        "customer_exists", 409, "The customer already exists",
        "This project has a customer with this id and different content.",
        "Change it with PATCH /v1/customers/{id}, or choose another id.");

    public static readonly ErrorCode CustomerIsMember = new(
        "customer_is_member", 409, "The customer is a member of another customer",
        "A member uses the plan and balances of its customer. While it is a member, it has no plan, grants, "
            + "overrides or subscription of its own.",
        "Send the request for the customer that the detail names, or remove the member from that customer first.");

    public static readonly ErrorCode MemberExists = new(
        "member_exists", 409, "The member already exists",
        "The user is already a member of this customer, with different content.",
        "Change it with PATCH /v1/customers/{id}/members/{member}.");

    public static readonly ErrorCode MemberElsewhere = new(
        "member_elsewhere", 409, "The user is a member of another customer",
        "A user is a member of one customer at a time. The detail names that customer.",
        "Remove the user from that customer first, or use another id for the user in this customer.");

    public static readonly ErrorCode MemberNested = new(
        "member_nested", 409, "Members cannot have members",
        "A member cannot have members, and a customer that has members cannot become a member. The detail says which rule applies.",
        "Add all users to one customer.");

    public static readonly ErrorCode NoSeatLeft = new(
        "no_seat_left", 409, "Every seat is taken",
        "The customer has as many members as its subscription has seats, or as the server allows if the plan does not sell seats.",
        "Raise the subscription's quantity with PATCH /v1/subscriptions/{id}, or remove a member.");

    public static readonly ErrorCode ReservationClosed = new(
        "reservation_closed", 409, "The reservation is closed",
        "The reservation was released, or expired more than 24 hours ago.",
        "Record the amount that was used with POST /v1/events, or create a new reservation.");

    public static readonly ErrorCode ReservationAmbiguous = new(
        "reservation_ambiguous", 409, "Several reservations have this id",
        "Several customers of the project have a reservation with this id of yours.",
        "Name the customer in the request.");

    public static readonly ErrorCode SubscriptionExists = new(
        "subscription_exists", 409, "The customer already has a subscription",
        "A customer has one subscription at a time, and a new one cannot begin before the last one ended. "
            + "Add-ons and quantity are parts of a subscription. The detail names the subscription.",
        "Change the existing subscription, or cancel it first and begin the new one after its end.");

    public static readonly ErrorCode SubscriptionState = new(
        "subscription_state", 409, "The subscription's status does not allow this",
        "The subscription's status does not allow this step: for instance, a canceled subscription cannot be resumed.",
        "Read the subscription's status. docs/concepts/subscriptions.md lists the steps that each status allows.");

    public static readonly ErrorCode ProviderManaged = new(
        "provider_managed", 409, "The payment provider manages this subscription",
        "The subscription began at the payment provider, which renews and bills it. The provider does not support this change through "
            + "Tollgate.",
        "Change the subscription in the provider's dashboard or customer portal; Tollgate copies the change. "
            + "docs/concepts/stripe.md lists the changes that work through Tollgate.");

    public static readonly ErrorCode TrialUsed = new(
        "trial_used", 409, "The trial was already used",
        "Each customer, and each fingerprint that you send, gets one trial.",
        "Create the subscription with trial: false.");

    public static readonly ErrorCode CurrencyFixed = new(
        "currency_fixed", 409, "The customer has another currency",
        "A customer keeps the currency of its first subscription or purchase, so that credits and invoices add up.",
        "Leave the currency out, or create another customer for the other currency.");

    public static readonly ErrorCode InvoiceState = new(
        "invoice_state", 409, "The invoice's status does not allow this",
        "The invoice's status does not allow this step: a paid invoice cannot be voided, and a void invoice cannot be paid. "
            + "Finalised lines never change.",
        "Correct a finalised invoice with a credit note.");

    public static readonly ErrorCode PaymentPending = new(
        "payment_pending", 409, "A payment is pending",
        "Tollgate has already sent this charge to the provider, and the provider has not answered yet. Tollgate queries it until it does; "
            + "another charge now could take the money twice.",
        "Wait until the status of the payment that the detail names becomes succeeded or failed.");

    public static readonly ErrorCode CheckoutState = new(
        "checkout_state", 409, "The checkout's status does not allow this",
        "The checkout is completed or credited. The purchase remains valid, and a credited amount stays with the customer.",
        "Cancel the subscription or refund the payment instead.");

    public static readonly ErrorCode PaymentMethodMissing = new(
        "payment_method_missing", 409, "The customer has no payment method",
        "Tollgate charges a customer's default payment method, and this customer has none.",
        "Add a payment method with POST /v1/customers/{id}/payment-methods, or record a transfer with POST /v1/invoices/{id}/pay.");

    public static readonly ErrorCode BillingNotConfigured = new(
        "billing_not_configured", 409, "No payment provider is configured",
        "The project's payment provider does not support this, or its keys are missing. A live project has no provider until you choose "
            + "one; until then, record payments manually.",
        "To try it, make a sandbox project: ./tollgate projects create shop --sandbox --catalog trendit. To take money, "
            + "choose a provider and set its keys with PUT /v1/payment-settings. To record a manual payment, "
            + "use POST /v1/invoices/{id}/pay.");

    public static readonly ErrorCode InvoiceImplausible = new(
        "invoice_implausible", 409, "The invoice looks impossible",
        "The invoice's total is above the project's limit, or cannot be computed. Nothing was changed.",
        "Check amount, quantity, plan and usage. largest_total of /v1/invoice-settings is the limit.");

    public static readonly ErrorCode WebhookEndpointState = new(
        "webhook_endpoint_state", 409, "The webhook endpoint does not allow this",
        "Tollgate sends nothing to an endpoint that is disabled or deleted, and a project has at most 50 endpoints. "
            + "The detail says which rule applies.",
        "Enable the endpoint with PATCH /v1/webhook-endpoints/{id}, or delete an endpoint that you no longer need.");

    public static readonly ErrorCode CouponExists = new(
        "coupon_exists", 409, "The coupon already exists",
        "This project has a coupon with this code. A coupon's terms never change.",
        "Choose another code. A code is never free again, even after DELETE /v1/coupons/{code} has ended its coupon.");

    public static readonly ErrorCode ClockBusy = new(
        "clock_busy", 409, "The clock is moving",
        "Another call is advancing this project's test clock.",
        "Wait for the answer to that call, then repeat the request.");

    public static readonly ErrorCode SandboxOnly = new(
        "sandbox_only", 409, "Only sandbox projects support this",
        "The operation moves a test clock or controls the sandbox's payment provider, and this project is live.",
        "Use a project whose mode is sandbox: tollgate projects create shop-test --sandbox, or POST /v1/projects with \"mode\": "
            + "\"sandbox\".");

    public static readonly ErrorCode LastKey = new(
        "last_key", 409, "The last admin key cannot be revoked",
        "This is the last valid admin key. Without it, nobody could create projects or other admin keys.",
        "Create another admin key first, or rotate this one.");

    // 412, 413, 415 and 422: the content is at fault.
    public static readonly ErrorCode PreconditionFailed = new(
        "precondition_failed", 412, "The object has changed",
        "The header If-Match names a version that is no longer the current one: another request changed the object.",
        "Read the current version, apply your change to it and send its ETag.");

    public static readonly ErrorCode PayloadTooLarge = new(
        "payload_too_large", 413, "The body is too large",
        "The body, one of its lines or the number of its items exceeds the limit that the detail names.",
        "Split the request into smaller ones.");

    public static readonly ErrorCode UnsupportedMediaType = new(
        "unsupported_media_type", 415, "The body's media type is not supported",
        "The operation does not read bodies of this Content-Type.",
        "Send application/json, or a media type that the operation's documentation names.");

    public static readonly ErrorCode ValidationFailed = new(
        "validation_failed", 422, "The request has faults",
        "Tollgate could read the request, but some of its values are invalid. The list errors names all of them.",
        "Correct every entry of errors; param names the field and detail says what is expected.");

    public static readonly ErrorCode UnknownField = new(
        "unknown_field", 422, "The body has an unknown field",
        "The body has a field that this operation does not know. Tollgate never ignores a field silently.",
        "Remove or rename the fields that errors lists.");

    public static readonly ErrorCode UnknownParameter = new(
        "unknown_parameter", 422, "The query has an unknown parameter",
        "The query has a parameter that this operation does not know, or has one twice. Tollgate never ignores a parameter silently: "
            + "a misspelt filter would list everything.",
        "Remove or rename the parameters that errors lists.");

    public static readonly ErrorCode InvalidType = new(
        "invalid_type", 422, "A field has the wrong type",
        "A field of the body has a JSON type or format that this operation does not accept.",
        "Send the type that the entry of errors names.");

    public static readonly ErrorCode CatalogInvalid = new(
        "catalog_invalid", 422, "The catalogue has faults",
        "The catalogue is invalid. The list errors has every fault with its path and line. Nothing was changed.",
        "Correct every entry of errors and send the catalogue again.");

    public static readonly ErrorCode PriceNotFound = new(
        "price_not_found", 422, "The plan has no such price",
        "The plan has no price for this period in this currency. The detail lists the plan's prices.",
        "Choose one of the plan's prices, or add a price to the catalogue.");

    public static readonly ErrorCode CouponRefused = new(
        "coupon_refused", 422, "The coupon cannot be redeemed",
        "The coupon is unknown, has ended, has reached its number of redemptions, was already redeemed by this subscription, "
            + "or is for other plans, currencies or "
        + "customers. The detail says which.",
        "Leave the coupon out, or use another coupon.");

    public static readonly ErrorCode AddOnRefused = new(
        "add_on_refused", 422, "The add-on is not available",
        "The catalogue has no such add-on, or does not offer it for this plan, period, currency or quantity. The detail says which.",
        "Compare the add-on with add_ons of GET /v1/catalog.");

    public static readonly ErrorCode PackRefused = new(
        "pack_refused", 422, "The credit pack cannot be bought",
        "The catalogue has no such pack, no longer offers it, or does not offer it for the customer's plan or currency. "
            + "The detail says which.",
        "Compare the pack with packs of GET /v1/catalog.");

    public static readonly ErrorCode CreditRefused = new(
        "credit_refused", 422, "The amount cannot be credited",
        "A credit note credits at most the invoice's total less its earlier credit notes.",
        "Read the detail. Leave amount and lines out to credit the whole remainder.");

    public static readonly ErrorCode RefundRefused = new(
        "refund_refused", 422, "The amount cannot be refunded",
        "A refund is at most the payment's amount less its earlier refunds, its disputed amount and the credits that credit notes gave the "
            + "customer.",
        "Read the detail. Leave amount out to refund the whole remainder.");

    public static readonly ErrorCode CreditsInsufficient = new(
        "credits_insufficient", 422, "The customer has fewer credits",
        "The amount exceeds the customer's remaining prepaid credits. Invoices may have used some since you read the balance.",
        "Read the balance with GET /v1/customers/{id}/credits and take back at most that amount.");

    public static readonly ErrorCode FeatureNotMetered = new(
        "feature_not_metered", 422, "The feature is not metered",
        "The feature is a value or a switch, which has no quantity to use.",
        "Read the feature from GET /v1/customers/{id}/entitlements.");

    public static readonly ErrorCode LevelNotConsumed = new(
        "level_not_consumed", 422, "The feature is reported, not consumed",
        "The feature is a level (a meter of the aggregate latest, max or weighted_sum reads it): its usage comes from values that you report, "
            + "so nothing can be added to it, held on it or granted to it.",
        "Report the value with POST /v1/events. Ask POST /v1/check before you let the level rise. To allow more, "
            + "raise the quota by a plan, an add-on or an override.");

    public static readonly ErrorCode EventTooOld = new(
        "event_too_old", 422, "The event is too old",
        "occurred_at is more than 35 days in the past. Tollgate accepts no older events.",
        "Report events sooner. To correct an older period, credit the invoice or grant credits.");

    public static readonly ErrorCode EventInFuture = new(
        "event_in_future", 422, "The event is in the future",
        "occurred_at is more than 5 minutes ahead of the server's clock.",
        "Correct the sender's clock, or leave occurred_at out.");

    public static readonly ErrorCode EventUnmatched = new(
        "event_unmatched", 422, "No meter reads the event",
        "No meter of the project's catalogue reads events of this type, and the catalogue refuses such events (unmatched_events: refuse). "
            + "Nothing was recorded.",
        "Send a type that a meter reads; the detail names the nearest one. Or add a meter to the catalogue, "
            + "or set its unmatched_events to accept.");

    public static readonly ErrorCode EventValueInvalid = new(
        "event_value_invalid", 422, "The event's value cannot be metered",
        "A property that the feature's meter needs is missing or not a number, or the sum would exceed 999999999999999999.999999999.",
        "Send the property that the meter of the feature names, as a number. If the reason is out_of_range, send a smaller value.");

    public static readonly ErrorCode LimitReached = new(
        "limit_reached", 422, "The limit is reached",
        "The project or the customer has reached a limit. Nothing was created.",
        "Remove objects that nobody uses. If the detail names a variable, the operator can raise the limit.");

    public static readonly ErrorCode GatewayLoop = new(
        "gateway_loop", 422, "The upstream leads back to a gateway",
        "A Tollgate server has already forwarded this call: the upstream leads back to a gateway, directly or through other servers. "
            + "This server forwarded and recorded nothing.",
        "Set the upstream's base_url to the provider itself.");

    public static readonly ErrorCode UpstreamNotAllowed = new(
        "upstream_not_allowed", 403, "The upstream's address is not allowed",
        "The upstream leads to an address that this server does not connect to: a private network that the operator has not listed, "
            + "the server itself, or a cloud's metadata "
        + "service. Tollgate sent nothing and released the units that it held for the call.",
        "Set the upstream's base_url to a public address, or ask the operator to list its network in TOLLGATE_UPSTREAM_NETWORKS.");

    // 429 and 503: a later retry can succeed.
    public static readonly ErrorCode GatewayBusy = new(
        "gateway_busy", 429, "Too many calls at once",
        "The project has as many gateway calls in progress as TOLLGATE_GATEWAY_CALLS allows, or they use all the memory that "
            + "TOLLGATE_GATEWAY_MEMORY leaves to the project. Tollgate forwarded and recorded nothing.",
        "Repeat the request after the seconds in the header Retry-After, or ask the operator to raise the limit.");

    public static readonly ErrorCode RateLimited = new(
        "rate_limited", 429, "The rate limit is reached",
        "A rate window of the customer's plan is full, or the customer has as many open reservations as the plan or Tollgate (10,000) "
            + "allows. Nothing was recorded.",
        "Repeat the request after the seconds in the header Retry-After.");

    public static readonly ErrorCode CustomersLimited = new(
        "customers_limited", 429, "Too many new customers",
        "The project has created as many customers in this minute as TOLLGATE_PROJECT_NEW_CUSTOMERS allows. Nothing was recorded.",
        "Repeat the request after the seconds in the header Retry-After. Requests for existing customers still work.");

    public static readonly ErrorCode ProjectBusy = new(
        "project_busy", 429, "The project has too many requests at once",
        "The project uses its whole share of the server, and too many of its requests already wait. Tollgate did nothing.",
        "Send fewer requests at once, and repeat this one after the seconds in the header Retry-After.");

    public static readonly ErrorCode Overloaded = new(
        "overloaded", 503, "The server is busy",
        "More requests wait for a decision or for a connection to PostgreSQL than the server queues.",
        "Repeat the same request, with the same id, after the seconds in the header Retry-After.");

    public static readonly ErrorCode CustomerBusy = new(
        "customer_busy", 503, "The customer is busy",
        "Changes of one customer run one after another, and the earlier ones took longer than 10 seconds. Nothing was recorded.",
        "Repeat the same request, with the same id or Idempotency-Key, after the seconds in the header Retry-After. "
            + "Send fewer changes of one customer at once.");

    public static readonly ErrorCode StorageUnavailable = new(
        "storage_unavailable", 503, "The database does not answer",
        "The server could not reach PostgreSQL, or PostgreSQL did not answer in time. The request may or may not have taken effect.",
        "Repeat the same request, with the same id, after the seconds in the header Retry-After. It does not count twice.");

    // 500: the server is at fault.
    public static readonly ErrorCode UpstreamUnreadable = new(
        "upstream_unreadable", 503, "The provider's credentials cannot be decrypted",
        "This server does not have the master key that encrypted the credentials. Nothing was recorded.",
        "Set the upstream's credentials again with PUT /v1/upstreams/{provider}, or start the server with the right master key.");

    public static readonly ErrorCode UpstreamUnreachable = new(
        "upstream_unreachable", 502, "The provider cannot be reached",
        "The server could not connect to the provider, or the connection broke before the answer. "
            + "Tollgate released the units that it held for the call and lists the call "
        + "with its error.",
        "Check the upstream's base_url and the server's network, and try again.");

    public static readonly ErrorCode UpstreamTimeout = new(
        "upstream_timeout", 504, "The provider did not answer in time",
        "The provider sent nothing for TOLLGATE_UPSTREAM_SECONDS. Tollgate released the units that it held for the call and lists the call "
        + "with its error.",
        "Request a stream, which begins to answer at once, or ask the operator to raise the limit.");

    public static readonly ErrorCode Internal = new(
        "internal", 500, "Tollgate failed",
        "The request met a bug in Tollgate. The server's log has the details under the request_id.",
        "Repeat the request once. If it fails again, report the bug with the request_id.");

    public static readonly ErrorCode NotAtProvider = new(
        "not_at_provider", 422, "The payment provider cannot do this",
        "The payment provider manages the subscription, or would manage it, and does not support this: a change at the end of the period, "
            + "a proration by days, a coupon that "
        + "carries over, or a price that does not exist there. Nothing was changed. The detail says which.",
        "Choose a change that the provider supports; docs/concepts/stripe.md lists them. \"tollgate stripe sync\" creates missing prices "
            + "at Stripe.");

    /// <summary>Every code, in the order of their declaration. The parts of this type have no order among their initialisers.</summary>
    public static IReadOnlyList<ErrorCode> All => field ??=
        [.. typeof(ErrorCode).GetFields(BindingFlags.Public | BindingFlags.Static).OrderBy(static one => one.MetadataToken)
            .Select(static one => one.GetValue(null)).OfType<ErrorCode>()];

    /// <summary>The page that explains it, relative to the server.</summary>
    public string Page => "/docs/errors/" + Code;
}
