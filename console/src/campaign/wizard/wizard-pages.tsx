// Provides the wizard's four pages: new and edit, for promotions and autopilots.
import { EditCampaignWizard, NewCampaignWizard } from './wizard'

export const NewPromotionPage = () => <NewCampaignWizard kind="promotion" />
export const NewAutopilotPage = () => <NewCampaignWizard kind="autopilot" />
export const EditPromotionPage = () => <EditCampaignWizard kind="promotion" />
export const EditAutopilotPage = () => <EditCampaignWizard kind="autopilot" />
