// node verify.mjs <secret> <id> <timestamp> <signature>, the body on standard input: whether the reference library takes a webhook.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const [secret, id, timestamp, signature] = process.argv.slice(2);
try {
  const payload = new Webhook(secret).verify(readFileSync(0, "utf8"), { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature });
  console.log(JSON.stringify({ good: true, type: payload.type }));
} catch (error) {
  console.log(JSON.stringify({ good: false, error: error.message }));
}
