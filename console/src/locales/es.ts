// Holds the Spanish, by the English text. `translations.test.ts` checks that no text of the console
// is missing here and that none is left over.
import { esApi } from './es-api'
import { esCustomers } from './es-customers'
import { esDiagnostics } from './es-diagnostics'
import { esForms } from './es-forms'
import { esGoodwill } from './es-goodwill'
import { esGovernance } from './es-governance'
import { esHome } from './es-home'
import { esExports } from './es-exports'
import { esCatalogue } from './es-catalogue'
import { esImports } from './es-imports'
import { esLinks } from './es-links'
import { esPagesA } from './es-pages-a'
import { esPagesL } from './es-pages-l'
import { esReadiness } from './es-readiness'
import { esRehearsal } from './es-rehearsal'
import { esSegments } from './es-segments'
import { esOffice } from './es-office'
import { esPalette } from './es-palette'
import { esReports } from './es-reports'
import { esSuppressions } from './es-suppressions'
import { esPickers } from './es-pickers'
import { esTopics } from './es-topics'
import { esVouchers } from './es-vouchers'
import { esWizard } from './es-wizard'
import type { TranslationTable } from './i18n'

export const es: TranslationTable = {
  ...esApi,
  ...esCustomers,
  ...esDiagnostics,
  ...esForms,
  ...esGoodwill,
  ...esGovernance,
  ...esHome,
  ...esExports,
  ...esCatalogue,
  ...esImports,
  ...esLinks,
  ...esPagesA,
  ...esPagesL,
  ...esReadiness,
  ...esRehearsal,
  ...esSegments,
  ...esOffice,
  ...esPalette,
  ...esReports,
  ...esSuppressions,
  ...esPickers,
  ...esTopics,
  ...esVouchers,
  ...esWizard,
}
