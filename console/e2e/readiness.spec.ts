// Checks the readiness of the AWS account: an administrator uploads what preflight printed and sees
// each finding with the way to mend it; a viewer sees the same and cannot change it. Nothing here is
// red, because that would refuse the launches of other tests on this stack.
import { expect, test } from '@playwright/test'
import { signIn } from './stack'

const readiness = '/configuration/voucher-campaign/readiness'
const report = {
  checked_at: new Date(Date.now() - 60_000).toISOString(),
  account: '111122223333, eu-west-1, stage prod',
  messages: 200_000,
  findings: [
    { part: 'platform', check: 'concurrency', level: 'green', measured: '1,000', needed: '400' },
    {
      part: 'email',
      check: 'suppression list',
      level: 'yellow',
      measured: 'bounces only',
      needed: 'bounces and complaints',
      mend: 'SES console, Suppression list',
    },
    {
      part: 'operations',
      check: 'cost budget',
      level: 'unknown',
      measured: 'may not be asked',
      mend: 'grant budgets:ViewBudget to these credentials',
    },
  ],
}
const file = (name: string, text: string) => ({
  name,
  mimeType: 'application/json',
  buffer: Buffer.from(text),
})

test('the answers of the account are uploaded and shown with the way to mend them', async ({
  page,
}) => {
  await signIn(page, 'admin')
  await page.goto(readiness)
  await expect(page.getByText('make preflight')).toBeVisible()
  const upload = page.locator('input[type=file]')
  await upload.setInputFiles(file('table.txt', 'READY: 31 green'))
  await expect(page.getByText('This file isn’t the output of make preflight JSON=1.')).toBeVisible()
  await upload.setInputFiles(
    file('report.json', JSON.stringify({ ready: false, report, ramp: {} })),
  )
  await expect(page.getByText('The new answers are stored.')).toBeVisible()
  await expect(page.getByText('Not fully known')).toBeVisible()
  const row = page.getByRole('row', { name: /suppression list/ })
  await expect(row).toContainText('Worth a look')
  await expect(row).toContainText('SES console, Suppression list')
  await expect(page.getByRole('row', { name: /cost budget/ })).toContainText('ViewBudget')
})

test('a viewer sees them and cannot change them', async ({ page }) => {
  await signIn(page, 'viewer')
  await page.goto(readiness)
  await expect(page.getByRole('heading', { name: 'Check the account again' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Upload the output' })).toBeHidden()
})
