// Arabic, by the English text.
export const ar: Record<string, string> = {}
