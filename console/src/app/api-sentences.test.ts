// Each sentence that is translated is one that the API says.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apiSentences, asKey } from './api-sentences'

const root = join(import.meta.dirname, '../../..')
const said = ['shared/domain/src/playbook.rs', 'shared/domain/src/playbook/parameters.rs', 'functions/campaigns/src/replay.rs', 'functions/operations/src/stand.rs']
  .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => asKey(text!)))

test('no sentence is translated that the API does not say', () => expect([...apiSentences].filter((sentence) => !said.includes(sentence))).toEqual([]))
