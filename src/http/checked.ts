/** The operations for a program in the same process: what it hands in is checked as a request's is. */

import { contract } from '../api/contract.js';
import { ApiError } from '../api/errors.js';
import type { Field, Route } from '../api/route.js';
import type { Api, Call, RouteName } from '../api/types.js';
import { asJob, asJsonValue } from './body.js';
import { checkJsonBounds, createValidator, wireNameOf } from './validation.js';

interface Values {
  readonly [name: string]: unknown;
}

interface Bounds {
  readonly maxJobBytes: number;
}

/** Throws an `ApiError` for a value that does not fit; else gives it, within its bounds. */
type Check = (value: unknown) => unknown;

/** Its functions reject with an `ApiError` that names what does not fit. */
export function createCheckedApi(api: Api, bounds: Bounds): Api {
  const operations = Object.entries(contract).map(([name, route]: [string, Route]) => {
    const check = createMembersCheck(route.input, bounds);
    const run = api[name as RouteName] as (input: Values, call: Call) => Promise<unknown>;
    return [name, async (input: Values, call: Call) => run(check(input), call)];
  });
  return Object.fromEntries(operations) as Api;
}

function createMembersCheck(
  fields: { readonly [name: string]: Field },
  bounds: Bounds,
): (given: Values) => Values {
  const checks = Object.entries(fields).map(([name, field]) => ({
    name,
    field,
    check: createCheck(name, field, bounds),
  }));
  return (given) => {
    if (typeof given !== 'object' || given === null) {
      throw new ApiError('invalid', { message: 'must be an object' });
    }
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(fields, name))
        throw new ApiError('invalid', { message: `${name} is not known here` });
    }
    const values: { [name: string]: unknown } = {};
    for (const { name, field, check } of checks) {
      const value = given[name];
      const isNone = value === '' || (field.form === 'list' && Array.isArray(value) && value.length === 0);
      if (value === undefined || (isNone && field.missing !== undefined)) {
        if (field.missing !== undefined) throw new ApiError(field.missing);
      } else values[name] = value === null && field.nullable ? null : check(value);
    }
    return values;
  };
}

function createCheck(name: string, field: Field, bounds: Bounds): Check {
  const wireName = wireNameOf(name, field);
  if (field.each) return createListCheck(name, field, createMembersCheck(field.each, bounds));
  const validate = createValidator(wireName, field);
  if (field.form === 'json' || name === 'job') return createJsonCheck(name, bounds);
  if (name === 'jobs') return createJobsCheck(validate, bounds);
  return (value) => {
    const { maximum = Number.POSITIVE_INFINITY } = field.schema;
    const clamped = field.clamp && typeof value === 'number' ? Math.min(value, maximum) : value;
    validate(clamped);
    return clamped;
  };
}

function createListCheck(name: string, { schema }: Field, check: (given: Values) => Values): Check {
  return (value) => {
    if (!Array.isArray(value) || value.length > (schema.maxItems ?? 0)) {
      throw new ApiError('invalid', { message: schema.says ?? `${name} must be an array` });
    }
    return value.map((one, index) => {
      try {
        return check(one as Values);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        throw new ApiError(error.code, { message: `${name}[${index}]: ${error.message}` });
      }
    });
  };
}

function createJsonCheck(name: string, { maxJobBytes }: Bounds): Check {
  return (value) => {
    if (typeof value !== 'string')
      throw new ApiError('invalid', { message: `${name} must be a text of JSON` });
    checkJsonBounds(name, value, maxJobBytes);
    return name === 'job' ? asJob(value) : asJsonValue(value);
  };
}

function createJobsCheck(validate: (value: unknown) => void, { maxJobBytes }: Bounds): Check {
  return (value) => {
    validate(value);
    for (const [index, job] of (value as string[]).entries()) {
      checkJsonBounds(`jobs[${index}]`, job, maxJobBytes);
      asJob(job);
    }
    return value;
  };
}
