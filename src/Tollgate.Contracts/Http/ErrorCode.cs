namespace Tollgate.Contracts.Http;

/// <summary>
/// One way in which a request can fail: a closed list. The code never changes once released; callers switch on it.
/// Each has a page at <c>docs/reference/errors/&lt;code&gt;.md</c>, and a test holds pages and list together.
/// </summary>
/// <param name="Code">Stable, snake_case.</param>
/// <param name="Status">The HTTP status that it always comes with.</param>
/// <param name="Title">Short, the same for every occurrence.</param>
/// <param name="Description">What it means.</param>
/// <param name="HowToFix">What the caller can do.</param>
public sealed record ErrorCode(string Code, int Status, string Title, string Description, string HowToFix)
{
    // 400: the request could not be read.
    public static readonly ErrorCode MalformedJson = new(
        "malformed_json", 400, "The body is not valid JSON",
        "The body could not be parsed. The detail names the line and the byte at which it stops being JSON.",
        "Send one complete JSON value, encoded as UTF-8, without a trailing comma or text after it.");

    public static readonly ErrorCode MalformedRequest = new(
        "malformed_request", 400, "The request could not be read",
        "A header, the path, the query or the framing of the body is not what HTTP or this operation allows.",
        "Read the detail; it names the part that could not be read.");

    public static readonly ErrorCode ProjectRequired = new(
        "project_required", 400, "A project is needed",
        "The server's admin key belongs to no project, and this operation works on one.",
        "Add the header X-Project with the project's code, or use a key of the project.");

    public static readonly ErrorCode WebhookSignatureInvalid = new(
        "webhook_signature_invalid", 400, "The webhook's signature is not right",
        "No project of this server knows the secret that signed the request, or it was signed more than five minutes ago. Nothing was kept of it.",
        "Compare the signing secret with the one in PUT /v1/payment-settings, and the server's clock with the time.");

    // 401 and 403: who is asking.
    public static readonly ErrorCode KeyMissing = new(
        "key_missing", 401, "A key is needed",
        "The request carries no key.",
        "Send Authorization: Bearer <key>, or X-Api-Key: <key>.");

    public static readonly ErrorCode KeyInvalid = new(
        "key_invalid", 401, "The key is not known",
        "No key or token of this server has this text.",
        "Check that the whole key was copied and that it belongs to this server. Keys are shown once; rotate a lost one.");

    public static readonly ErrorCode KeyExpired = new(
        "key_expired", 401, "The key has expired",
        "The key or customer token was valid until its expiry time, which has passed.",
        "Issue a new token, or create or rotate the key.");

    public static readonly ErrorCode KeyRevoked = new(
        "key_revoked", 401, "The key was revoked",
        "The key was revoked or rotated and is not accepted any more.",
        "Use the key that replaced it, or create a new one.");

    public static readonly ErrorCode KeyNotAllowed = new(
        "key_not_allowed", 403, "This kind of key may not do this",
        "The key is valid, but the operation needs another kind, for instance a secret key instead of a public one.",
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
        "exceeds_issuer", 403, "The key does not have what it should issue",
        "A credential can do no more than the key that issues it, works from no other networks and lasts no longer. errors lists what was asked for beyond that.",
        "Ask for less, leave the field out to inherit the key's own value, or use a key that has it.");

    public static readonly ErrorCode PathNotForwarded = new(
        "path_not_forwarded", 403, "The gateway does not forward this for customers",
        "A customer token may make calls that are metered for that customer. Files, batches, other customers' jobs and answers, and "
        + "everything else of the provider's account belong to the project.",
        "Call it with a secret key of the project, from your own server.");

    // 402: paying helps.
    public static readonly ErrorCode QuotaExceeded = new(
        "quota_exceeded", 402, "The quota is used up",
        "The customer's plan caps this feature, and what is left does not cover the amount. Nothing was recorded.",
        "Wait until resets_at, upgrade the plan at upgrade_url, or grant a top-up.");

    public static readonly ErrorCode BudgetExceeded = new(
        "budget_exceeded", 402, "The budget is used up",
        "The feature is a budget in money, and what is left does not cover the amount. Nothing was recorded.",
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
        "What was asked for has to be paid first, and no money came. Nothing was changed.",
        "Add another payment method and try again, or let the customer pay on a page: POST /v1/checkouts.");

    public static readonly ErrorCode SubscriptionInactive = new(
        "subscription_inactive", 402, "The subscription is not active",
        "The customer's subscription is paused, past due beyond its grace, or ended, and the catalogue says without_subscription: inactive.",
        "Pay the open invoice, resume the subscription or subscribe again.");

    // 404 and 405: what was addressed.
    public static readonly ErrorCode NotFound = new(
        "not_found", 404, "Nothing is here",
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
        "Create the customer, or record something for it: customers are created on first use.");

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
        "This project has no upstream of this name, so the gateway has no credentials to call it with.",
        "Set it with PUT /v1/upstreams/{provider}.");

    public static readonly ErrorCode ReservationNotFound = new(
        "reservation_not_found", 404, "The reservation does not exist",
        "This project has no reservation with this id.",
        "Use the id that POST /v1/reservations answered.");

    public static readonly ErrorCode EventNotFound = new(
        "event_not_found", 404, "The event does not exist",
        "This project has no event with this id.",
        "Use the id under which the event was recorded.");

    public static readonly ErrorCode GrantNotFound = new(
        "grant_not_found", 404, "The grant does not exist",
        "This customer has no grant with this id.",
        "List the customer's grants.");

    public static readonly ErrorCode SubscriptionNotFound = new(
        "subscription_not_found", 404, "The subscription does not exist",
        "This project has no subscription with this id.",
        "Use the id that POST /v1/subscriptions answered, or list the customer's with GET /v1/subscriptions?customer=.");

    public static readonly ErrorCode InvoiceNotFound = new(
        "invoice_not_found", 404, "The invoice does not exist",
        "This project has no invoice with this id, or the invoice has no such line.",
        "Use the invoice's id, not its number. GET /v1/invoices lists them.");

    public static readonly ErrorCode PaymentNotFound = new(
        "payment_not_found", 404, "The payment does not exist",
        "This project has no payment with this id.",
        "Use the id of the answer to POST /v1/payments. GET /v1/payments lists them.");

    public static readonly ErrorCode PaymentMethodNotFound = new(
        "payment_method_not_found", 404, "The payment method does not exist",
        "The customer has no payment method with this id, or it was removed.",
        "GET /v1/customers/{id}/payment-methods lists them.");

    public static readonly ErrorCode CheckoutNotFound = new(
        "checkout_not_found", 404, "The checkout does not exist",
        "This project has no checkout with this id.",
        "Use the id of the answer to POST /v1/checkouts. GET /v1/checkouts lists them.");

    public static readonly ErrorCode TokenNotFound = new(
        "token_not_found", 404, "The customer token does not exist",
        "This customer has no token with this id. A token is forgotten a day after it has expired.",
        "Use the id of the answer to POST /v1/customers/{id}/tokens. GET /v1/customers/{id}/tokens lists them.");

    public static readonly ErrorCode PortalSessionNotFound = new(
        "portal_session_not_found", 404, "The portal session does not exist",
        "This project has no portal session with this id. A session is forgotten some days after it has expired.",
        "Use the id of the answer to POST /v1/portal-sessions. GET /v1/portal-sessions lists them.");

    public static readonly ErrorCode MailNotFound = new(
        "mail_not_found", 404, "The mail does not exist", "This project has no mail with this id. Mails are kept for 90 days.",
        "Use an id that GET /v1/mails lists.");

    public static readonly ErrorCode WebhookEndpointNotFound = new(
        "webhook_endpoint_not_found", 404, "The webhook endpoint does not exist",
        "This project has no webhook endpoint with this id, or it was deleted.",
        "Compare the id with GET /v1/webhook-endpoints.");

    public static readonly ErrorCode WebhookEventNotFound = new(
        "webhook_event_not_found", 404, "The webhook event does not exist",
        "This project has no webhook event with this id, or it is older than 90 days and not kept any more.",
        "Compare the id with GET /v1/webhook-events.");

    public static readonly ErrorCode DeliveryNotFound = new(
        "delivery_not_found", 404, "The delivery does not exist",
        "This project has no delivery with this id, or it is older than 90 days and not kept any more.",
        "Compare the id with GET /v1/deliveries.");

    public static readonly ErrorCode ProviderEventNotFound = new(
        "provider_event_not_found", 404, "The provider's event does not exist",
        "No provider told this project an event with this id, or it is done and cannot be read again.",
        "Compare the id with GET /v1/provider-events; it has the provider in front: stripe:evt_….");

    public static readonly ErrorCode CouponNotFound = new(
        "coupon_not_found", 404, "The coupon does not exist",
        "This project has no coupon with this code. Capital letters count.",
        "Compare the code with GET /v1/coupons.");

    public static readonly ErrorCode MethodNotAllowed = new(
        "method_not_allowed", 405, "The path does not take this method",
        "The path exists, but not with this HTTP method. The header Allow lists those that it takes.",
        "Use one of the methods in the header Allow.");

    // 409: the state does not allow it.
    public static readonly ErrorCode Conflict = new(
        "conflict", 409, "The state does not allow this",
        "Something else changed, or is changing, what the request is about.",
        "Read the detail. When the header Retry-After is present, repeat the same request after it.");

    public static readonly ErrorCode IdempotencyKeyReused = new(
        "idempotency_key_reused", 409, "The idempotency key was used for something else",
        "A request with this Idempotency-Key or id was already accepted with other content.",
        "Use a new key for a new request; repeat an old key only with exactly the same content.");

    public static readonly ErrorCode ProjectExists = new(
        "project_exists", 409, "The project exists already",
        "A project with this code exists on this server.",
        "Choose another code, or use the project that exists.");

    public static readonly ErrorCode CustomerExists = new(
        "customer_exists", 409, "The customer exists already",
        "A customer with this id exists in this project, with other content.",
        "Change it with PATCH /v1/customers/{id}, or choose another id.");

    public static readonly ErrorCode CustomerIsMember = new(
        "customer_is_member", 409, "The customer is a member of another",
        "A member uses the plan and balances of its customer. It has no plan, grants, overrides or subscription of its own meanwhile.",
        "Do it for the customer that the detail names, or remove the member from it first.");

    public static readonly ErrorCode MemberExists = new(
        "member_exists", 409, "The member exists already",
        "The user is a member of this customer, with other content.",
        "Change it with PATCH /v1/customers/{id}/members/{member}.");

    public static readonly ErrorCode MemberElsewhere = new(
        "member_elsewhere", 409, "The user is a member of another customer",
        "A user belongs to one customer at a time. The detail names it.",
        "Remove it there first, or use another id for the user in this customer.");

    public static readonly ErrorCode MemberNested = new(
        "member_nested", 409, "Members have no members",
        "A member cannot have members, and a customer that has members cannot become one. The detail says which it is.",
        "Add all users to one customer.");

    public static readonly ErrorCode NoSeatLeft = new(
        "no_seat_left", 409, "Every seat is taken",
        "The customer has as many members as its subscription has seats, or as the server allows where seats are not sold.",
        "Raise the subscription's quantity with PATCH /v1/subscriptions/{id}, or remove a member.");

    public static readonly ErrorCode ReservationClosed = new(
        "reservation_closed", 409, "The reservation is closed",
        "The reservation was released, or it expired more than 24 hours ago.",
        "Record what was used with POST /v1/events, or make a new reservation.");

    public static readonly ErrorCode ReservationAmbiguous = new(
        "reservation_ambiguous", 409, "Several reservations have this id",
        "Several customers of the project have a reservation under this id of yours.",
        "Name the customer in the request.");

    public static readonly ErrorCode SubscriptionExists = new(
        "subscription_exists", 409, "The customer has a subscription",
        "A customer has one subscription at a time, and none begins before the last one ended; add-ons and quantity are parts of it. The detail names it.",
        "Change the subscription that exists, or cancel it first; begin after the end of the last one.");

    public static readonly ErrorCode SubscriptionState = new(
        "subscription_state", 409, "Not in this state",
        "The subscription stands where this cannot happen: for instance, a canceled one cannot be resumed.",
        "Read the subscription's status; docs/concepts/subscriptions.md has the table of what may happen when.");

    public static readonly ErrorCode ProviderManaged = new(
        "provider_managed", 409, "The payment provider manages this subscription",
        "It was begun at the payment provider, which renews and bills it. What is asked for cannot be done there.",
        "Change it in the provider's dashboard or its customer portal; Tollgate follows. docs/concepts/stripe.md says what can be done here.");

    public static readonly ErrorCode TrialUsed = new(
        "trial_used", 409, "The trial was had already",
        "Each customer, and each fingerprint that you send, has one trial.",
        "Subscribe with trial: false.");

    public static readonly ErrorCode CurrencyFixed = new(
        "currency_fixed", 409, "The customer has another currency",
        "A customer keeps the currency of its first subscription or purchase, so that credits and invoices add up.",
        "Leave the currency out, or use another customer for the other currency.");

    public static readonly ErrorCode InvoiceState = new(
        "invoice_state", 409, "Not in this state",
        "The invoice stands where this cannot happen: a paid one cannot be void, a void one not be paid. Finalised lines never change.",
        "Correct a finalised invoice with a credit note.");

    public static readonly ErrorCode PaymentPending = new(
        "payment_pending", 409, "A payment is pending",
        "The provider was asked for the money already, and has not answered. It is asked until it does; charging again now could take the money twice.",
        "Wait, and look at the payment that the detail names. Its status becomes succeeded or failed.");

    public static readonly ErrorCode CheckoutState = new(
        "checkout_state", 409, "Not in this state",
        "The checkout is completed or credited: what was bought stays bought, and money that came stays the customer's.",
        "Cancel the subscription or refund the payment instead.");

    public static readonly ErrorCode PaymentMethodMissing = new(
        "payment_method_missing", 409, "The customer has no payment method",
        "A customer is charged by its default payment method, and this one has none.",
        "Add one with POST /v1/customers/{id}/payment-methods, or record a transfer with POST /v1/invoices/{id}/pay.");

    public static readonly ErrorCode BillingNotConfigured = new(
        "billing_not_configured", 409, "No payment provider is configured",
        "The project's provider cannot do this, or its keys are missing: a live project is paid by hand until it chooses one.",
        "To try it, make a sandbox project: ./tollgate projects create shop --sandbox --catalog trendit. To take money, choose a provider and set its keys with PUT /v1/payment-settings. What came in by hand is recorded with POST /v1/invoices/{id}/pay.");

    public static readonly ErrorCode InvoiceImplausible = new(
        "invoice_implausible", 409, "The invoice looks impossible",
        "What this would ask for is above the project's bound, or cannot be computed. Nothing was changed.",
        "Check amount, quantity, plan and usage. The bound is largest_total of /v1/invoice-settings.");

    public static readonly ErrorCode WebhookEndpointState = new(
        "webhook_endpoint_state", 409, "The webhook endpoint does not allow it",
        "Nothing can be sent to an endpoint that is disabled or deleted, and a project has at most 50 endpoints. The detail says which it is.",
        "Enable the endpoint with PATCH /v1/webhook-endpoints/{id}, or delete one that is not needed.");

    public static readonly ErrorCode CouponExists = new(
        "coupon_exists", 409, "The code is taken",
        "A coupon with this code exists. A coupon's terms never change.",
        "Choose another code, or end the coupon that has it with DELETE /v1/coupons/{code} and choose another.");

    public static readonly ErrorCode ClockBusy = new(
        "clock_busy", 409, "The clock is being moved",
        "Another call is advancing this project's test clock.",
        "Wait until it has answered.");

    public static readonly ErrorCode SandboxOnly = new(
        "sandbox_only", 409, "This works in sandbox projects only",
        "The operation moves a test clock or steers the sandbox, and this project is live.",
        "Use a project whose mode is sandbox: tollgate projects create shop-test --sandbox, or POST /v1/projects with \"mode\": \"sandbox\".");

    public static readonly ErrorCode LastKey = new(
        "last_key", 409, "The last admin key cannot be revoked",
        "It is the last admin key that is valid; nobody could create projects or other admin keys afterwards.",
        "Create another key first, or rotate this one.");

    // 412, 413, 415 and 422: the content.
    public static readonly ErrorCode PreconditionFailed = new(
        "precondition_failed", 412, "It was changed in between",
        "The header If-Match names a version that is not the current one.",
        "Read the current version, apply the change to it and send its ETag.");

    public static readonly ErrorCode PayloadTooLarge = new(
        "payload_too_large", 413, "The body is too large",
        "The body, a line of it or the number of its items is above the limit that the detail names.",
        "Send less at once.");

    public static readonly ErrorCode UnsupportedMediaType = new(
        "unsupported_media_type", 415, "The body's media type is not supported",
        "The operation does not read bodies of this Content-Type.",
        "Send application/json, or what the operation's documentation names.");

    public static readonly ErrorCode ValidationFailed = new(
        "validation_failed", 422, "The request has faults",
        "The body could be read, but some of its values are not acceptable. The list errors has all of them.",
        "Correct every entry of errors; param names the field and detail says what is expected.");

    public static readonly ErrorCode UnknownField = new(
        "unknown_field", 422, "The body has an unknown field",
        "A field of the body is not one that this operation knows. Nothing is ignored silently.",
        "Remove or rename the fields that errors lists.");

    public static readonly ErrorCode UnknownParameter = new(
        "unknown_parameter", 422, "The query has an unknown parameter",
        "A query parameter is not one that this operation reads, or it comes more than once. Nothing is ignored silently: a misspelt filter would list everything.",
        "Remove or rename the parameters that errors lists.");

    public static readonly ErrorCode InvalidType = new(
        "invalid_type", 422, "A field has the wrong type",
        "A field of the body has a JSON type or format that this operation does not accept.",
        "Send the type that the entry of errors names.");

    public static readonly ErrorCode CatalogInvalid = new(
        "catalog_invalid", 422, "The catalogue has faults",
        "The catalogue could not be accepted. The list errors has every fault with its path and line. Nothing was changed.",
        "Correct every entry of errors and send the catalogue again.");

    public static readonly ErrorCode PriceNotFound = new(
        "price_not_found", 422, "The plan is not sold like this",
        "The plan has no price for this period in this currency. The detail lists those that it has.",
        "Choose one of its prices, or add a price to the catalogue.");

    public static readonly ErrorCode CouponRefused = new(
        "coupon_refused", 422, "The coupon cannot be redeemed",
        "It is unknown, has ended, was redeemed as often as it may be or by this subscription already, or is for other plans, currencies or "
        + "customers. The detail says which.",
        "Leave the coupon out, or use another.");

    public static readonly ErrorCode AddOnRefused = new(
        "add_on_refused", 422, "The add-on cannot be had",
        "The catalogue has no such add-on, or it is not offered for this plan, period or currency, or not in this quantity. The detail says which.",
        "Compare it with add_ons of GET /v1/catalog.");

    public static readonly ErrorCode PackRefused = new(
        "pack_refused", 422, "The credit pack cannot be bought",
        "The catalogue has no such pack, or it is not offered any more, or not for the customer's plan or currency. The detail says which.",
        "Compare it with packs of GET /v1/catalog.");

    public static readonly ErrorCode CreditRefused = new(
        "credit_refused", 422, "That much cannot be credited",
        "A credit note gives back at most what the invoice asked for, less what was credited already.",
        "Read the detail; leave amount and lines out to credit all that is left.");

    public static readonly ErrorCode RefundRefused = new(
        "refund_refused", 422, "That much cannot be refunded",
        "Of a payment at most what came in can go back, less what went back already and what credit notes gave the customer as credits.",
        "Read the detail; leave amount out to refund all that is left.");

    public static readonly ErrorCode CreditsInsufficient = new(
        "credits_insufficient", 422, "There are not so many credits",
        "Of a customer's prepaid credits no more can be taken back than are left. Invoices may have used some since you looked.",
        "Look at the balance with GET /v1/customers/{id}/credits and take back at most that.");

    public static readonly ErrorCode FeatureNotMetered = new(
        "feature_not_metered", 422, "The feature is not consumed",
        "The feature is a value or a switch: it is read, not counted.",
        "Read it from GET /v1/customers/{id}/entitlements.");

    public static readonly ErrorCode LevelNotConsumed = new(
        "level_not_consumed", 422, "The feature is reported, not consumed",
        "The feature is a level (a meter of the aggregate latest or max reads it): its usage is a value that you report, so nothing can be added to it, held on it or granted to it.",
        "Report the value with POST /v1/events. Ask POST /v1/check before you let the level rise. To allow more, raise the quota by a plan, an add-on or an override.");

    public static readonly ErrorCode EventTooOld = new(
        "event_too_old", 422, "The event is too old",
        "occurred_at lies further in the past than the accept window of 35 days.",
        "Report events sooner; correct old periods with a credit or an invoice line.");

    public static readonly ErrorCode EventInFuture = new(
        "event_in_future", 422, "The event lies in the future",
        "occurred_at lies more than 5 minutes ahead of the server's clock.",
        "Correct the sender's clock, or omit occurred_at.");

    public static readonly ErrorCode EventUnmatched = new(
        "event_unmatched", 422, "No meter takes the event",
        "No meter of the project's catalogue reads events of this type, and the catalogue refuses those (unmatched_events: refuse). Nothing was recorded.",
        "Send the type that a meter reads; the detail names the nearest one. Or add a meter to the catalogue, or set unmatched_events to accept there.");

    public static readonly ErrorCode EventValueInvalid = new(
        "event_value_invalid", 422, "The event's value cannot be metered",
        "A property that the feature's meter needs is missing or is not a number, or the sum would exceed 999999999999999999.999999999.",
        "Send the property that the meter of the feature names, as a number. If the reason is out_of_range, send a smaller value.");

    public static readonly ErrorCode LimitReached = new(
        "limit_reached", 422, "There are too many of these",
        "The project or the customer has reached a limit. Nothing was created.",
        "Remove those that nobody uses. If the detail names a variable, the operator can raise the limit.");

    public static readonly ErrorCode GatewayLoop = new(
        "gateway_loop", 422, "The call went around in a circle",
        "A Tollgate server sent this call already: the upstream leads back to a gateway, directly or by way of others. Nothing was forwarded and nothing was recorded here.",
        "Set the upstream's base_url to the provider itself.");

    public static readonly ErrorCode UpstreamNotAllowed = new(
        "upstream_not_allowed", 403, "The upstream's address is not allowed",
        "The upstream leads to an address that this server does not connect to: a private network that the operator has not listed, the server itself, or a cloud's metadata "
        + "service. Nothing was sent, and what was held for the call is given back.",
        "Set the upstream's base_url to a public address, or ask the operator to list its network in TOLLGATE_UPSTREAM_NETWORKS.");

    // 429 and 503: waiting helps.
    public static readonly ErrorCode GatewayBusy = new(
        "gateway_busy", 429, "Too many calls at one time",
        "The project has as many gateway calls under way as TOLLGATE_GATEWAY_CALLS allows, or they use all the memory that TOLLGATE_GATEWAY_MEMORY leaves to the project. Nothing was forwarded and nothing was recorded.",
        "Repeat after the seconds in the header Retry-After, or raise the limit.");

    public static readonly ErrorCode RateLimited = new(
        "rate_limited", 429, "Too fast",
        "A rate window of the customer's plan is full, or the customer has as many open reservations as the plan or Tollgate (10,000) allows. Nothing was recorded.",
        "Repeat after the seconds in the header Retry-After.");

    public static readonly ErrorCode CustomersLimited = new(
        "customers_limited", 429, "Too many new customers",
        "The project has created as many customers within a minute as it may (TOLLGATE_PROJECT_NEW_CUSTOMERS). Nothing was recorded.",
        "Repeat after the seconds in the header Retry-After. Customers that exist are served as before.");

    public static readonly ErrorCode ProjectBusy = new(
        "project_busy", 429, "The project has too many requests at work",
        "The project's share of the server is in use, and too many of its requests wait already. Nothing was done.",
        "Send fewer requests at one time, and repeat after the seconds in the header Retry-After.");

    public static readonly ErrorCode Overloaded = new(
        "overloaded", 503, "The server is busy",
        "More requests are waiting than the server takes: for their turn, or for a connection to PostgreSQL.",
        "Repeat the same request, with the same id, after the seconds in the header Retry-After.");

    public static readonly ErrorCode CustomerBusy = new(
        "customer_busy", 503, "The customer is being changed",
        "Changes of one customer run one after the other, and those before this one took longer than 10 seconds. Nothing was recorded.",
        "Repeat the same request, with the same id or Idempotency-Key, after the seconds in the header Retry-After. Send fewer changes of one customer at once.");

    public static readonly ErrorCode StorageUnavailable = new(
        "storage_unavailable", 503, "The database does not answer",
        "PostgreSQL could not be reached or did not answer in time. Whether the request took effect may be unknown.",
        "Repeat the same request, with the same id, after the seconds in the header Retry-After: it will not count twice.");

    // 500: our fault.
    public static readonly ErrorCode UpstreamUnreadable = new(
        "upstream_unreadable", 503, "The provider's credentials cannot be decrypted",
        "This server does not have the master key that encrypted them. Nothing was recorded.",
        "Set the upstream again with PUT /v1/upstreams/{provider}.");

    public static readonly ErrorCode UpstreamUnreachable = new(
        "upstream_unreachable", 502, "The provider cannot be reached",
        "No connection to the provider came about, or it broke before an answer came. What was held for the call is given back; the call is "
        + "listed with its error.",
        "Check the upstream's base_url and the network of the server; try again.");

    public static readonly ErrorCode UpstreamTimeout = new(
        "upstream_timeout", 504, "The provider did not answer in time",
        "Nothing came from the provider for as long as TOLLGATE_UPSTREAM_SECONDS allows. What was held for the call is given back; the call "
        + "is listed with its error.",
        "Ask for a stream, which answers at once, or raise the limit.");

    public static readonly ErrorCode Internal = new(
        "internal", 500, "Something broke on our side",
        "A bug in Tollgate. The server's log has the details under the request_id.",
        "Repeat the request once; report it with the request_id if it stays.");

    public static readonly ErrorCode NotAtProvider = new(
        "not_at_provider", 422, "The payment provider cannot do this",
        "The payment provider manages the subscription, or is to, and has no such thing: a change that waits for the end of the period, a proration by days, a coupon that "
        + "carries over, or a price that nobody made there. It is not done in another way instead. The detail says which.",
        "Ask for what the provider can do; docs/concepts/stripe.md lists it. A missing price is made by \"tollgate stripe sync\".");

    /// <summary>Every code, in the order of their declaration.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        MalformedJson, MalformedRequest, ProjectRequired, WebhookSignatureInvalid,
        KeyMissing, KeyInvalid, KeyExpired, KeyRevoked, KeyNotAllowed, ScopeMissing, NetworkNotAllowed, ExceedsIssuer, PathNotForwarded, UpstreamNotAllowed,
        QuotaExceeded, BudgetExceeded, FeatureDisabled, FeatureNotInPlan, PaymentFailed, SubscriptionInactive,
        NotFound, ProjectNotFound, KeyNotFound, CustomerNotFound, MemberNotFound, FeatureNotFound, PlanNotFound, UpstreamNotConfigured, ReservationNotFound,
        EventNotFound, GrantNotFound, SubscriptionNotFound, InvoiceNotFound, PaymentNotFound, PaymentMethodNotFound, CheckoutNotFound, TokenNotFound, PortalSessionNotFound, MailNotFound, WebhookEndpointNotFound, WebhookEventNotFound, DeliveryNotFound, ProviderEventNotFound, CouponNotFound, MethodNotAllowed,
        Conflict, IdempotencyKeyReused, ProjectExists, CustomerExists, CustomerIsMember, MemberExists, MemberElsewhere, MemberNested, NoSeatLeft, ReservationClosed, ReservationAmbiguous, SubscriptionExists,
        SubscriptionState, ProviderManaged, TrialUsed, CurrencyFixed, InvoiceState, PaymentPending, CheckoutState, PaymentMethodMissing, BillingNotConfigured, InvoiceImplausible, WebhookEndpointState, CouponExists, ClockBusy, SandboxOnly, LastKey,
        PreconditionFailed, PayloadTooLarge, UnsupportedMediaType,
        ValidationFailed, UnknownField, UnknownParameter, InvalidType, CatalogInvalid, PriceNotFound, CouponRefused, AddOnRefused, PackRefused, CreditRefused, RefundRefused, CreditsInsufficient, NotAtProvider,
        FeatureNotMetered, LevelNotConsumed, EventTooOld, EventInFuture,
        EventUnmatched, EventValueInvalid, GatewayLoop, LimitReached,
        RateLimited, GatewayBusy, CustomersLimited, ProjectBusy, Overloaded, CustomerBusy, StorageUnavailable, UpstreamUnreadable, UpstreamUnreachable, UpstreamTimeout, Internal,
    ];

    /// <summary>The page that explains it, relative to the server.</summary>
    public string Page => "/docs/errors/" + Code;
}
