// Compares a number with that of the period before.
import { useLocale } from '../locales/i18n'

/** The share of change below which a number counts as unchanged. */
const SAME_SHARE = 0.0005

/**
 * Compares a number with the period before. `change` is the signed percentage, whose sign stays in
 * front where text runs from right to left; `comparison` is a phrase. Both are `undefined` where
 * the period before has no number.
 */
export function usePeriodComparison() {
  const { t, growth } = useLocale()
  const change = (now: number | null | undefined, then: number | null | undefined) => {
    if (now == null || !then) return undefined
    const by = Math.abs(now - then)
    return by / Math.abs(then) < SAME_SHARE
      ? '='
      : `\u2066${now >= then ? '+' : '−'}${growth(by, Math.abs(then))}\u2069`
  }
  const comparison = (now: number | null | undefined, then: number | null | undefined) => {
    const by = change(now, then)
    return by === '='
      ? t('as in the period before')
      : by && t('{change} against the period before', { change: by })
  }
  return { change, comparison }
}
