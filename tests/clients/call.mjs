// node call.mjs <client> <plain|stream> <gateway's url> <key>: one call with a provider's official client, of which nothing but the
// address and the key is changed. Prints what the client made of the answer, as JSON.
const [client, mode, url, key] = process.argv.slice(2);
const prompt = "Say hello.";

const calls = {
  async openai(stream) {
    const { default: OpenAI } = await import("openai");
    const openai = new OpenAI({ baseURL: `${url}/gateway/openai/v1`, apiKey: key });
    const ask = { model: "gpt-4o-mini", max_completion_tokens: 200, messages: [{ role: "user", content: prompt }] };
    if (!stream) {
      const answer = await openai.chat.completions.create(ask);
      return { text: answer.choices[0].message.content, output: answer.usage.completion_tokens };
    }

    let text = "", chunks = 0, output = null;
    for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true })) {
      chunks++;
      text += chunk.choices[0].delta.content ?? "";
      output = chunk.usage?.completion_tokens ?? output;
    }
    return { text, chunks, output };
  },

  async anthropic(stream) {
    const { default: Anthropic } = await import("@anthropic-ai/sdk");
    const anthropic = new Anthropic({ baseURL: `${url}/gateway/anthropic`, apiKey: key });
    const ask = { model: "claude-sonnet-4-5", max_tokens: 200, messages: [{ role: "user", content: prompt }] };
    const message = stream ? await anthropic.messages.stream(ask).finalMessage() : await anthropic.messages.create(ask);
    return { text: message.content.map(part => part.text ?? "").join(""), output: message.usage.output_tokens };
  },

  async gemini(stream) {
    const { GoogleGenAI } = await import("@google/genai");
    const gemini = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: `${url}/gateway/gemini` } });
    const ask = { model: "gemini-2.5-flash", contents: prompt, config: { maxOutputTokens: 200 } };
    if (!stream) {
      const answer = await gemini.models.generateContent(ask);
      return { text: answer.text, output: answer.usageMetadata.candidatesTokenCount };
    }

    let text = "", output = null;
    for await (const chunk of await gemini.models.generateContentStream(ask)) {
      text += chunk.text ?? "";
      output = chunk.usageMetadata?.candidatesTokenCount ?? output;
    }
    return { text, output };
  },
};

try {
  console.log(JSON.stringify(await calls[client](mode === "stream")));
} catch (error) {
  console.log(JSON.stringify({ error: error.constructor.name, status: error.status ?? null, code: error.code ?? null, message: error.message }));
}
