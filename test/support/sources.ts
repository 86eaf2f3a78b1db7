/** Reads TypeScript sources as trees: what they import, and what they name. */

import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

/** One file; the path is relative to `src`, with slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

export interface Import {
  readonly from: string;
  /** Path relative to `src`, or the name of a package or of a module of Node. */
  readonly to: string;
  readonly isLocal: boolean;
  /** Gone when the types are gone. `import { type A }` is not: what is left of it still loads the file. */
  readonly isTypeOnly: boolean;
}

export function parse(path: string, text: string): Source {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
}

export function readSources(directory: string): Source[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => parse(path.replaceAll('\\', '/'), readFileSync(`${directory}/${path}`, 'utf8')));
}

/** All nodes that `is` accepts, in the order of the text. */
export function nodesOf<T extends ts.Node>({ tree }: Source, is: (node: ts.Node) => node is T): T[] {
  const found: T[] = [];
  const visit = (node: ts.Node) => {
    if (is(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

export function importsOf(source: Source): Import[] {
  return [
    ...nodesOf(source, ts.isImportDeclaration).map((node) =>
      toImport(source, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword),
    ),
    ...nodesOf(source, ts.isExportDeclaration).map((node) =>
      toImport(source, node.moduleSpecifier, node.isTypeOnly),
    ),
    ...nodesOf(source, ts.isCallExpression)
      .filter((node) => node.expression.kind === ts.SyntaxKind.ImportKeyword)
      .map((node) => toImport(source, node.arguments[0], false)),
    ...nodesOf(source, ts.isImportTypeNode).map((node) =>
      toImport(source, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true),
    ),
  ].flatMap((found) => found ?? []);
}

function toImport({ path }: Source, module: ts.Node | undefined, isTypeOnly: boolean): Import | undefined {
  if (!module || !ts.isStringLiteral(module)) return undefined;
  const isLocal = module.text.startsWith('.');
  const to = isLocal ? posix.join(posix.dirname(path), module.text).replace(/\.js$/, '.ts') : module.text;
  return { from: path, to, isLocal, isTypeOnly };
}

/** Imports among the sources that happen at run time, each file with what it loads. */
export function loadsOf(sources: readonly Source[]): Map<string, string[]> {
  const loads = (source: Source) =>
    importsOf(source)
      .filter(({ isLocal, isTypeOnly }) => isLocal && !isTypeOnly)
      .map(({ to }) => to);
  return new Map(sources.map((source) => [source.path, loads(source)]));
}

/** `Date.now`, `process.env`, `setTimeout`, `new Date`: what the file takes from its surroundings, as it is written. */
export function globalsOf(source: Source): string[] {
  const members = nodesOf(source, ts.isPropertyAccessExpression).map(
    (node) => `${node.expression.getText()}.${node.name.text}`,
  );
  const elements = nodesOf(source, ts.isElementAccessExpression)
    .filter((node) => ts.isStringLiteral(node.argumentExpression))
    .map((node) => `${node.expression.getText()}.${(node.argumentExpression as ts.StringLiteral).text}`);
  const made = nodesOf(source, ts.isNewExpression).map((node) => `new ${node.expression.getText()}`);
  const called = nodesOf(source, ts.isCallExpression).map((node) => `${node.expression.getText()}()`);
  const names = nodesOf(source, ts.isIdentifier).filter(isNameOfItsOwn);
  const imported = nodesOf(source, ts.isImportSpecifier).map(
    (node) => `${moduleOf(node)}.${(node.propertyName ?? node.name).text}`,
  );
  return [...members, ...elements, ...made, ...called, ...names.map((node) => node.text), ...imported].map(
    (name) => name.replace(/^globalThis\./, '').replace(/^node:/, ''),
  );
}

const moduleOf = (node: ts.ImportSpecifier) =>
  (node.parent.parent.parent.moduleSpecifier as ts.StringLiteral).text.replace(/^node:/, '');

/** Not the `b` of `a.b`, of `{ b: 1 }` or of `{ b() {} }`. */
function isNameOfItsOwn(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return !ts.isMethodDeclaration(parent) && !ts.isPropertySignature(parent) && !ts.isMethodSignature(parent);
}
