// Chooses the unit in which a number of hours is read: days where it is some whole ones.

export const HOURS_PER_DAY = 24
/** The fewest hours that are told in days. */
const FEWEST_HOURS = 48

export const unitOfHours = (hours: number | undefined): 'days' | 'hours' =>
  hours === undefined || (hours >= FEWEST_HOURS && hours % HOURS_PER_DAY === 0) ? 'days' : 'hours'
