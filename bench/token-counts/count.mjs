// Writes into the corpus how many tokens each of its texts is, by the published vocabularies.
//   npm ci && npm run count

import { readFileSync, writeFileSync } from 'node:fs';
import { countTokens as claude } from '@anthropic-ai/tokenizer';
import { encode as cl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { encode as o200k } from 'gpt-tokenizer/encoding/o200k_base';

const file = new URL('../../tests/Tollgate.Core.Tests/Llm/token-counts.json', import.meta.url);
const corpus = JSON.parse(readFileSync(file, 'utf8'));
for (const each of corpus.texts) {
  each.o200k = o200k(each.text).length;
  each.cl100k = cl100k(each.text).length;
  each.claude = claude(each.text);
}

const lines = corpus.texts.map((each) => '    ' + JSON.stringify(each));
writeFileSync(file, `{\n  "about": ${JSON.stringify(corpus.about)},\n  "texts": [\n${lines.join(',\n')}\n  ]\n}\n`);
console.log(`${corpus.texts.length} texts counted`);
