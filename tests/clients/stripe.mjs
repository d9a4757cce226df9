// node stripe.mjs sign <secret> <timestamp>, the body on standard input: the header that Stripe's own library makes.
// node stripe.mjs verify <secret> <header> <now>: whether Stripe's own library takes it.
import { readFileSync } from "node:fs";
import Stripe from "stripe";

const [what, secret, text, now] = process.argv.slice(2);
const stripe = new Stripe("sk_test_nothing");
const payload = readFileSync(0, "utf8");
if (what === "sign") {
  console.log(JSON.stringify({ header: stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: Number(text) }) }));
} else {
  try {
    const event = stripe.webhooks.constructEvent(payload, text, secret, 300, undefined, Number(now));
    console.log(JSON.stringify({ good: true, type: event.type }));
  } catch (error) {
    console.log(JSON.stringify({ good: false, error: error.message }));
  }
}
