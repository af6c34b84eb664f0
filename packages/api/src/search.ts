/** For `ilike`: part of a text, with what was typed taken literally. */
export const likePattern = (part: string): string => `%${part.replace(/[\\%_]/g, '\\$&')}%`
