/** The language that the contract is written in: JSON Schema, and the TypeScript type that each one stands for. */

/** The part of JSON Schema (2020-12) that presque uses. `says` is the sentence a client reads when a value does not fit. */
export interface Schema {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
  readonly anyOf?: readonly Schema[];
  readonly const?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Bytes of UTF-8; an annotation for other tools, since JSON Schema counts characters. */
  readonly maxBytes?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly description?: string;
  readonly says?: string;
  /** A text of JSON that stands for the value it says: it is sent as it is. */
  readonly raw?: true;
}

/** The value that fits a schema. */
export type Infer<S> = S extends { const: infer C }
  ? C
  : S extends { anyOf: readonly (infer A)[] }
    ? Infer<A>
    : S extends { enum: readonly (infer E)[] }
      ? E
      : S extends { type: 'string' }
        ? string
        : S extends { type: 'integer' | 'number' }
          ? number
          : S extends { type: 'boolean' }
            ? boolean
            : S extends { type: 'array'; items: infer I }
              ? Infer<I>[]
              : S extends { type: 'object'; properties: infer P }
                ? InferObject<P, S extends { required: readonly (infer K)[] } ? K : never>
                : unknown;

type InferObject<P, Required> = { [K in keyof P as K extends Required ? K : never]: Infer<P[K]> } & {
  [K in keyof P as K extends Required ? never : K]?: Infer<P[K]>;
};

type Properties = { readonly [name: string]: Schema };

/** An object of which these members are there, those perhaps, and none else. */
export function object<const P extends Properties, const O extends Properties = Record<never, never>>(
  properties: P,
  optional: O = {} as O,
) {
  const required = Object.keys(properties) as readonly (keyof P & string)[];
  return {
    type: 'object',
    properties: { ...properties, ...optional } as P & O,
    required,
    additionalProperties: false,
  } as const;
}

export function array<const I extends Schema>(items: I) {
  return { type: 'array', items } as const;
}
