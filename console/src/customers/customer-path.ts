// Builds the address of a customer's profile.

export const customerPath = (id: string) => `/customers/${encodeURIComponent(id)}`
