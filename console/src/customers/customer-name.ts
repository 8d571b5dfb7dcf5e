// Returns the name of a customer as it is written.

/** Returns the names in the order in which they are written, if there are any. */
export const customerName = (one: { first_name?: string | null; last_name?: string | null }) =>
  [one.first_name, one.last_name].filter(Boolean).join(' ')
