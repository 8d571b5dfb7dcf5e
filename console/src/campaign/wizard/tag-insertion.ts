// Inserts a personalization tag into a text, and says where the cursor is afterwards.

/** The tags that every message can use. A first name may be missing, so it comes with a default. */
export const personalizationTags = [
  '{{ offer }}',
  '{{ full_offer }}',
  '{{ accept_by }}',
  '{{ redeem_by }}',
  '{{ voucher_link }}',
  '{{ brand }}',
  '{{ minimum_basket }}',
  "{{ first_name | default('there') }}",
  '{{ campaign_name }}',
]

export interface Insertion {
  text: string
  cursor: number
}

/** Puts a tag in place of what is selected, apart from the words beside it. */
export function insertTag(text: string, tag: string, start: number, end: number): Insertion {
  const [before, after] = [text.slice(0, start), text.slice(end)]
  const left = before === '' || /[\s({[“«]$/u.test(before) ? '' : ' '
  const right = after === '' || /^[\s.,;:!?)}\]”»]/u.test(after) ? '' : ' '
  const inserted = `${before}${left}${tag}${right}`
  return { text: inserted + after, cursor: inserted.length }
}
