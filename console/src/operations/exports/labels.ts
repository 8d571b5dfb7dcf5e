// Names the content, the formats and the states of exports in the operator's words, and says who may
// start which.
import type { OperatorSession } from '../../app/session'
import type { ExportFileFormat, ExportFileKind, ExportState } from '../../client'
import { msg } from '../../locales/i18n'

export const kindLabels: Record<ExportFileKind, string> = {
  vouchers: msg('Vouchers'),
  orders: msg('Orders'),
  campaigns: msg('Campaigns'),
  customers: msg('Customers'),
  suppressions: msg('Suppressions'),
}

export const formatLabels: Record<ExportFileFormat, string> = {
  csv: msg('CSV, for spreadsheets'),
  parquet: msg('Parquet, for data warehouses'),
}
export const formatOrder = Object.keys(formatLabels) as ExportFileFormat[]

export const stateLabels: Record<ExportState, string> = {
  running: msg('running'),
  done: msg('done'),
  failed: msg('failed'),
  removed: msg('removed'),
  expired: msg('files deleted'),
}

export const stateColours: Record<ExportState, string> = {
  running: 'blue',
  done: 'pine',
  failed: 'red',
  removed: 'gray',
  expired: 'gray',
}

/** The filters of each kind of export that the form offers. */
export const kindFilters: Record<ExportFileKind, { campaign: boolean; period: boolean }> = {
  vouchers: { campaign: true, period: true },
  orders: { campaign: true, period: true },
  campaigns: { campaign: false, period: true },
  customers: { campaign: false, period: false },
  suppressions: { campaign: false, period: true },
}

/** Returns the kinds of export that the operator may start. */
export function allowedKinds({ mayChange }: Pick<OperatorSession, 'mayChange'>): ExportFileKind[] {
  const kinds = Object.keys(kindLabels) as ExportFileKind[]
  return kinds.filter((kind) => kind !== 'customers' || mayChange)
}
