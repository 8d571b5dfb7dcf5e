// Walks through the console as a person does, and counts what it costs them: clicks, keys, pages, dead ends, and
// the time that a person would need for it. The time is computed and not waited for.
import { expect, type Locator, type Page } from '@playwright/test'

/** Times of the keystroke-level model: pointing and clicking, one key of an average typist, a look at what to do. */
const CLICK_S = 1.3
const KEY_S = 0.28
const THINK_S = 1.35
/** The time in which a person finds their way on a page that they have not seen before. */
const NEW_PAGE_S = 12

export class Walk {
  clicks = 0
  keys = 0
  readonly typed: string[] = []
  readonly pages: string[] = []
  readonly deadEnds: string[] = []
  private readonly begun = Date.now()

  constructor(readonly page: Page) {
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame()) this.see(frame.url())
    })
  }

  /** Notes a page, or a step of the wizard, once. */
  private see(address: string) {
    const { pathname, searchParams } = new URL(address)
    const step = searchParams.get('step') ?? searchParams.get('tab') ?? ''
    const seen = `${pathname.replace(/cmp_[\w-]+/, '{id}')} ${step}`.trim()
    if (this.pages.at(-1) !== seen) this.pages.push(seen)
  }

  async click(target: Locator) {
    await target.click()
    this.clicks += 1
    await this.look()
  }

  /** Selects an input and types into it. */
  async type(target: Locator, text: string) {
    await target.click()
    this.clicks += 1
    await target.fill(text)
    this.note(text)
  }

  /** Types where the focus is. */
  async write(text: string) {
    await this.page.keyboard.type(text)
    this.note(text)
  }

  async press(key: string) {
    await this.page.keyboard.press(key)
    this.keys += key.split('+').length
  }

  /** Types a part of a name into a picker, and takes what it offers. */
  async pick(target: Locator, text: string, option: string | RegExp) {
    await this.type(target, text)
    await this.click(this.page.getByRole('option', { name: option }).first())
  }

  /** Opens a list, and takes one of it. */
  async choose(target: Locator, option: string | RegExp, exact = false) {
    await this.click(target)
    await this.click(this.page.getByRole('option', { name: option, exact }).first())
  }

  private note(text: string) {
    this.keys += text.length
    this.typed.push(text)
  }

  /** A dead end is a page that only says what is impossible: an error, a missing page, a refused right. */
  private async look() {
    const stuck = this.page
      .locator('main')
      .getByText(/^(View only|There is no page at this address|Couldn’t .*)$/)
    if ((await stuck.count()) > 0)
      this.deadEnds.push(`${this.page.url()}: ${await stuck.first().innerText()}`)
  }

  /** Seconds of a person: pointing, typing, deciding and reading, and the time in which they waited for us. */
  seconds() {
    const person =
      this.clicks * (CLICK_S + THINK_S) + this.keys * KEY_S + this.pages.length * NEW_PAGE_S
    return person + (Date.now() - this.begun) / 1_000
  }

  /** Fails if a person would have had to know what only we know. */
  expectNothingKnown(...secrets: string[]) {
    for (const text of this.typed) {
      expect(secrets, `typed a key: ${text}`).not.toContain(text)
      expect(text, 'typed a coordinate').not.toMatch(/-?\d+[.,]\d{2,}\s*[,;]\s*-?\d+/)
      expect(text, 'typed an id').not.toMatch(/^(cmp|vch)_/)
    }
  }

  report(name: string) {
    const minutes = (this.seconds() / 60).toFixed(1)
    return (
      `${name}: ${this.clicks} clicks, ${this.keys} keys, ${this.pages.length} pages and steps, ` +
      `${this.deadEnds.length} dead ends, ${minutes} minutes of a person`
    )
  }
}
