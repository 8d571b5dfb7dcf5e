// The wizard's four addresses: new and change, of promotions and autopilots.
import { Edit, New } from './wizard'

export const NewPromotion = () => <New kind="promotion" />
export const NewAutopilot = () => <New kind="autopilot" />
export const EditPromotion = () => <Edit kind="promotion" />
export const EditAutopilot = () => <Edit kind="autopilot" />
