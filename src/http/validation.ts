/** Whether a value fits the schema of its field, and the sentence that says what does not. */

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { ApiError } from '../api/errors.js';
import { isDeeperThan } from '../api/json.js';
import { limits } from '../api/limits.js';
import type { Field } from '../api/route.js';
import type { Schema } from '../api/schema.js';

const ajv = new Ajv({ verbose: true, strict: true, allowUnionTypes: true });
ajv.addKeyword({
  keyword: 'maxBytes',
  type: 'string',
  validate: (limit: number, value: string) => Buffer.byteLength(value) <= limit,
});
ajv.addKeyword('says');
ajv.addKeyword('raw');

/** Throws an `ApiError` that names the field when the value does not fit. */
export function createValidator(wireName: string, { schema, invalid }: Field): (value: unknown) => void {
  // With the first value: a server that starts does not wait for all of them.
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= ajv.compile(schema);
    if (validate(value)) return;
    throw new ApiError(invalid ?? 'invalid', { message: sentence(wireName, schema, validate.errors?.[0]) });
  };
}

function sentence(name: string, schema: Schema, error: ErrorObject | undefined): string {
  const says = (error?.parentSchema as Schema | undefined)?.says;
  return says ?? schema.says ?? `${name} ${error?.message ?? 'is invalid'}`;
}

/** Any JSON is bounded like a job, wherever it stands: throws an `ApiError` when a text is too long or too deep. */
export function checkJsonBounds(name: string, text: string, maxJobBytes: number) {
  if (text.length > maxJobBytes / 4 && Buffer.byteLength(text) > maxJobBytes) {
    throw new ApiError('too_large', { message: `${name} is larger than ${maxJobBytes} bytes` });
  }
  if (!isDeeperThan(text, limits.jobDepth)) return;
  throw new ApiError('invalid', { message: `${name} is nested more than ${limits.jobDepth} levels deep` });
}

/** What a field is called where it comes in. */
export const wireNameOf = (name: string, { query, member, header }: Field) =>
  query ?? member ?? header ?? name;
