// Holds the German, by the English text. `translations.test.ts` checks that no text of the console
// is missing here and that none is left over.
import { deApi } from './de-api'
import { deCustomers } from './de-customers'
import { deDiagnostics } from './de-diagnostics'
import { deForms } from './de-forms'
import { deGoodwill } from './de-goodwill'
import { deGovernance } from './de-governance'
import { deHome } from './de-home'
import { deExports } from './de-exports'
import { deCatalogue } from './de-catalogue'
import { deImports } from './de-imports'
import { deLinks } from './de-links'
import { dePagesA } from './de-pages-a'
import { dePagesL } from './de-pages-l'
import { deReadiness } from './de-readiness'
import { deRehearsal } from './de-rehearsal'
import { deSegments } from './de-segments'
import { deOffice } from './de-office'
import { dePalette } from './de-palette'
import { deReports } from './de-reports'
import { deSuppressions } from './de-suppressions'
import { dePickers } from './de-pickers'
import { deTopics } from './de-topics'
import { deVouchers } from './de-vouchers'
import { deWizard } from './de-wizard'
import type { TranslationTable } from './i18n'

export const de: TranslationTable = {
  ...deApi,
  ...deCustomers,
  ...deDiagnostics,
  ...deForms,
  ...deGoodwill,
  ...deGovernance,
  ...deHome,
  ...deExports,
  ...deCatalogue,
  ...deImports,
  ...deLinks,
  ...dePagesA,
  ...dePagesL,
  ...deReadiness,
  ...deRehearsal,
  ...deSegments,
  ...deOffice,
  ...dePalette,
  ...deReports,
  ...deSuppressions,
  ...dePickers,
  ...deTopics,
  ...deVouchers,
  ...deWizard,
}
