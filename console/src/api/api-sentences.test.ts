// Checks that the API still says each sentence that the console translates.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apiSentences, sentenceKey } from './api-sentences'

const root = join(import.meta.dirname, '../../..')
/** Folders whose Rust sources hold the API's sentences: playbooks, replays, pending triggers. */
const folders = ['shared/domain/src', 'functions']

const spoken = new Set(
  folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.rs') && !file.includes('tests/'))
        .map((file) => readFileSync(join(root, folder, file), 'utf8')),
    )
    .flatMap((source) => [...source.matchAll(/"((?:[^"\\]|\\.)*)"/g)])
    .map(([, text]) => sentenceKey(text!)),
)

test('every translated sentence is one that the API says', () =>
  expect([...apiSentences.keys()].filter((sentence) => !spoken.has(sentence))).toEqual([]))
