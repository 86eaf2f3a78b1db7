/** Writes JSON in which texts of JSON stand as they are, where the schema says `raw`. */

import type { Schema } from '../api/schema.js';

export function createStringify(schema: Schema): (value: unknown) => string {
  return hasRaw(schema) ? (value) => written(value, schema) : JSON.stringify;
}

function hasRaw({ raw, items, properties }: Schema): boolean {
  return (
    raw === true || (items !== undefined && hasRaw(items)) || Object.values(properties ?? {}).some(hasRaw)
  );
}

function written(value: unknown, schema: Schema): string {
  if (schema.raw && typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map((item) => written(item, schema.items ?? {})).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${written(member, schema.properties?.[name] ?? {})}`);
  return `{${members.join()}}`;
}
