// node scenario.js <url> <secret key of a sandbox project>
// From a catalog to a paid invoice, with a client whose types openapi-typescript made from the server's document.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/v1.js";

type Schemas = components["schemas"];

const [url, key] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: url!, headers: { Authorization: `Bearer ${key}` } });

/** The answer, which is not an error. */
function good<T>(call: { data?: T; error?: unknown; response: Response }): T {
  if (call.data === undefined) {
    throw new Error(`${call.response.status} ${JSON.stringify(call.error)}`);
  }
  return call.data;
}

const catalog: Schemas["Catalog"] = {
  code: "shop",
  name: "Shop",
  default_plan: "free",
  features: [{ code: "scan", name: "Scan" }],
  plans: [
    { code: "free", name: "Free", entitlements: [{ feature: "scan", quota: 2 }] },
    { code: "pro", name: "Pro", prices: [{ interval: "monthly", amount: 1200 }], entitlements: [{ feature: "scan", quota: 20 }] },
  ],
};
const published = good(await client.PUT("/v1/catalog", { body: catalog }));

const customer = good(await client.POST("/v1/customers", { body: { id: "acme", name: "Acme Ltd", country: "US" } }));

const consumed = good(await client.POST("/v1/consume", { body: { customer: customer.id, feature: "scan", amount: 2 } }));

// A third scan is one too many for the free plan.
const refused = await client.POST("/v1/consume", { body: { customer: customer.id, feature: "scan" } });
const code: Schemas["Problem"]["code"] | undefined = refused.error?.code;

const subscription = good(await client.POST("/v1/subscriptions", { body: { customer: customer.id, plan: "pro", period: "monthly" } }));

// The paid plan's month begins now, with its own quota.
good(await client.POST("/v1/consume", { body: { customer: customer.id, feature: "scan", amount: 3 } }));
const usage = good(await client.GET("/v1/customers/{id}/usage", { params: { path: { id: customer.id } } }));
const balance = usage.features["scan"];

const terms = good(await client.GET("/v1/customers/{id}/terms", { params: { path: { id: customer.id } } }));
const entitlement: Schemas["EntitlementView"] | undefined = terms.features["scan"];

const open = good(await client.GET("/v1/invoices", { params: { query: { customer: customer.id, status: "open", order: "asc" } } }));
const invoice = open.data[0]!;
const paid = good(await client.POST("/v1/invoices/{id}/pay", { params: { path: { id: invoice.id } }, body: { note: "Bank transfer 42" } }));

/** Every status has a word; a new one would not compile. */
function wordOf(status: Schemas["InvoiceView"]["status"]): string {
  switch (status) {
    case "draft": return "a preview";
    case "open": return "to be paid";
    case "paid": return "settled";
    case "void": return "taken back";
    case "uncollectible": return "given up";
  }
}

// @ts-expect-error: no invoice has this status.
const wrong: Schemas["InvoiceView"]["status"] = "payed";
void wrong;

console.log(JSON.stringify({
  outcome: published.outcome,
  customer: customer.id,
  reason: consumed.reason,
  refusal: code,
  status: subscription.status,
  used: balance?.used,
  remaining: balance?.remaining,
  kind: entitlement?.kind,
  line: invoice.lines[0]?.kind,
  total: invoice.total,
  before: wordOf(invoice.status),
  after: wordOf(paid.status),
}));
