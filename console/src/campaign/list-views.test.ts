// Checks that saved views keep filters and nothing else, and that strange content of the storage is no view.
import { expect, test } from 'vitest'
import {
  changeTo,
  type ListView,
  MAX_VIEWS,
  pickFilters,
  readViews,
  saveViews,
  viewInForce,
  withView,
} from './list-views'

function memory(content: Record<string, string> = {}) {
  const kept = new Map(Object.entries(content))
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  }
}
const drafts: ListView = { name: 'Drafts', filters: { state: 'draft', sort: 'name' } }

test('views are kept for each kind', () => {
  const storage = memory()
  saveViews('promotion', [drafts], storage)
  expect(readViews('promotion', storage)).toEqual([drafts])
  expect(readViews('autopilot', storage)).toEqual([])
})
test('what is no view is left out', () => {
  const read = (content: string) =>
    readViews('promotion', memory({ 'console.views.promotion': content }))
  expect(read('not json')).toEqual([])
  expect(read('{"name":"x"}')).toEqual([])
  expect(
    read('[null, 1, {"name":""}, {"name":"a"}, {"name":"b","filters":{"q":3,"x":"y"}}]'),
  ).toEqual([{ name: 'b', filters: {} }])
  expect(
    read(JSON.stringify(Array.from({ length: 50 }, (_, n) => ({ name: `${n}`, filters: {} }))))
      .length,
  ).toBe(MAX_VIEWS)
})
test('a view with a name that exists takes its place', () => {
  const views = withView([drafts], { name: 'Drafts', filters: { state: 'paused' } })
  expect(views).toEqual([{ name: 'Drafts', filters: { state: 'paused' } }])
})
test('a view is in force when its filters are the present ones, and no more', () => {
  expect(viewInForce([drafts], { sort: 'name', state: 'draft' })?.name).toBe('Drafts')
  expect(viewInForce([drafts], { sort: 'name', state: 'draft', q: 'x' })).toBe(undefined)
})
test('applying a view takes away the filters that it lacks', () => {
  expect(changeTo(drafts)).toEqual({ q: undefined, state: 'draft', sort: 'name' })
  expect(pickFilters((name) => ({ q: '', state: 'draft', page: ['2'] })[name])).toEqual({
    state: 'draft',
  })
})
