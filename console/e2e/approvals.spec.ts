// Checks approvals. While a threshold is set, the API refuses every launch without a cap, so these
// tests run alone, after the others.
import { randomUUID } from 'node:crypto'
import { expect, test } from '@playwright/test'
import {
  callAsOperator,
  createDraft,
  distantHour,
  launchCampaign,
  putCustomer,
  signIn,
} from './stack'

test.describe.configure({ mode: 'default' })

const unique = randomUUID().slice(0, 8)
const tag = `approve-${unique}`
const approvals = '/v1/configuration/voucher-campaign/approvals'

async function setThresholds(body: object) {
  const now = await callAsOperator('admin', 'GET', approvals)
  const answer = await callAsOperator('admin', 'PUT', approvals, body, {
    'if-match': now.headers.get('etag') ?? '',
  })
  expect(answer.status).toBe(200)
}

test.beforeAll(async () => {
  for (const n of [1, 2, 3]) await putCustomer(`console-${tag}-${n}`, [tag])
})

test('a campaign over a threshold: somebody else approves, and then it starts', async ({
  page,
}) => {
  await setThresholds({ customers: 1 })
  try {
    const made = await callAsOperator('marketer', 'POST', '/v1/playbooks/vip-thank-you', {
      changes: {
        name: `Large ${unique}`,
        audience: { customer_ids: { any_of: [`nobody-${unique}`] } },
      },
    })
    const { id } = (await made.json()) as { id: string }
    expect((await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/launch`)).status).toBe(
      409,
    )
    await signIn(page, 'approver')
    await page.goto(`/marketing/promotion/${id}`)
    await expect(
      page.getByText('It may reach more customers than the approval threshold.'),
    ).toBeVisible()
    await page.getByRole('button', { name: 'Approve', exact: true }).click()
    await expect(page.getByText('Approved. It can start now.')).toBeVisible()
    await expect(page.getByText('Approved by')).toBeVisible()
    expect((await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/launch`)).status).toBe(
      200,
    )
  } finally {
    await setThresholds({})
  }
})

test('the review warns of who is wanted twice, says what it can cost, and asks for an approval', async ({
  page,
}) => {
  const { id: other } = await createDraft(`Other ${unique}`, tag, {
    schedule: { local_hour: distantHour() },
  })
  await launchCampaign(other)
  try {
    await setThresholds({ customers: 1 })
    const { id } = await createDraft(`Wanted ${unique}`, tag, { caps: { vouchers: 2 } })
    await signIn(page, 'marketer')
    await page.goto(`/marketing/promotion/${id}/edit?step=review`)
    await expect(page.getByText('Audience overlap')).toBeVisible({
      timeout: 20_000,
    })
    await expect(page.getByRole('row', { name: new RegExp(`Other ${unique}`) })).toContainText('3')
    await expect(page.getByText('Maximum exposure')).toBeVisible()
    await expect(
      page.getByText('The limits are reached before everyone gets a voucher.'),
    ).toBeVisible()
    await expect(page.getByRole('region', { name: 'Cost forecast' })).toContainText(
      /Estimated redemptions|Too few vouchers/,
    )
    await expect(page.getByText('Approval required')).toBeVisible()
    await expect(page.getByText('Ask someone in the approver group.')).toBeVisible()
  } finally {
    await setThresholds({})
    await callAsOperator('marketer', 'POST', `/v1/campaigns/${other}/cancel`, { revoke: 'none' })
  }
})
