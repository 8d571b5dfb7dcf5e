// When a channel is said to do well.
import { expect, test } from 'vitest'
import type { Attempts } from '../client'
import { channelVerdict } from './delivery-verdict'

const attempts = (some: Partial<Attempts>): Attempts => ({ attempts: 1000, accepted: 1000, delivered: 990, bounced: 0, complained: 0, failed: 0, throttled: 0, unknown: 0, claimed: 0, reasons: {}, success_percent: null, ...some })

test('all taken: it goes well', () => expect(channelVerdict(attempts({}))).toEqual({ standing: 'good', because: [] }))
test('a few attempts say nothing', () => expect(channelVerdict(attempts({ attempts: 19, failed: 19 })).standing).toBe('few'))
test('what was put off is tried again and is no failure', () => expect(channelVerdict(attempts({ throttled: 500 })).standing).toBe('good'))
test('bounces are told from 5 percent, and are bad from 10', () => {
  expect(channelVerdict(attempts({ bounced: 49 })).standing).toBe('good')
  expect(channelVerdict(attempts({ bounced: 50 }))).toEqual({ standing: 'watch', because: ['bounces'] })
  expect(channelVerdict(attempts({ bounced: 100 })).standing).toBe('bad')
})
test('a provider that does not answer is not one that refuses', () => expect(channelVerdict(attempts({ unknown: 300 }))).toEqual({ standing: 'bad', because: ['unanswered'] }))
