// Checks that each source which the system writes has a name here.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { suppressionSourceLabels } from './labels'

const root = join(import.meta.dirname, '../../../..')
const sources = ['shared/domain/src/customer', 'shared/store/src/customer', 'functions']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.rs') && !file.includes('tests'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8')),
  )
  .filter((source) => source.includes('NewSuppression') || source.includes('AddressSuppression'))
  .flatMap((source) => [...source.matchAll(/const \w*SOURCE: &str = "(\w+)"/g)])
  .map(([, name]) => name!)

test('the sources are found, and each has a name', () => {
  expect(sources).toContain('sms_reply')
  expect(sources).toContain('erasure')
  expect(sources.filter((name) => !(name in suppressionSourceLabels))).toEqual([])
})
