// pnpm boundaries: fails when a package or an application imports what it may not.
//
//   kvd -> server, store, persistence, client, protocol
//   server -> protocol     client -> protocol     store, persistence, protocol -> nothing
//   bench, examples -> anything
//
// A line for each violation: file, import, why.
import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

interface Part {
  /** The workspace packages that it may import; `anything` lifts the rules about imports. */
  readonly arrows: readonly string[] | 'anything';
  /** Its sources run where there is no Node.js: `node:` modules are for its tests only. */
  readonly withoutNode?: true;
  /** Its sources import nothing from npm. */
  readonly withoutNpm?: true;
}

const PARTS: Readonly<Record<string, Part>> = {
  'packages/store': { arrows: [], withoutNode: true, withoutNpm: true },
  'packages/persistence': { arrows: [], withoutNpm: true },
  'packages/protocol': { arrows: [], withoutNode: true, withoutNpm: true },
  'packages/server': { arrows: ['@kv/protocol'] },
  'packages/client': { arrows: ['@kv/protocol'] },
  'apps/kvd': {
    arrows: ['@kv/server', '@kv/store', '@kv/persistence', '@kv/client', '@kv/protocol'],
  },
  'apps/bench': { arrows: 'anything' },
  'apps/examples': { arrows: 'anything' },
};

/** What npm packages are for the tests and scripts of one package, besides applications. */
const OWNERS: Readonly<Record<string, string>> = { msgpackr: 'packages/protocol' };

/** The relative imports that may leave a package: from the files under a directory to one file. */
const SHARED: readonly (readonly [from: string, to: string])[] = [
  ['apps/kvd/test/', 'packages/protocol/test/arbitrary-value.ts'],
  ['apps/kvd/test/', 'packages/persistence/test/simulated-disk.ts'],
  ['apps/examples/test/', 'scripts/check-boundaries.ts'],
];

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** One import of one file; paths are relative to the root and have forward slashes. */
interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Where a relative import leads. */
  readonly target: string | undefined;
  /** The npm or workspace package of any other import that is not one of Node's modules. */
  readonly package: string | undefined;
  /** In src, and no test: part of what is published. */
  readonly published: boolean;
}

/** A package of the workspace. */
interface Workspace {
  readonly directory: string;
  readonly part: Part;
  readonly manifest: Manifest;
}

/** Every import that breaks a rule in the workspace at `root`, as `file: import: why`. */
export function boundaryViolations(root: string): string[] {
  const violations: string[] = [];
  for (const file of globSync('{packages,apps}/*/package.json', { cwd: root }).sort()) {
    const directory = posix(dirname(file));
    const part = PARTS[directory];
    if (part === undefined) {
      violations.push(`${directory}: package.json: it has no row in scripts/check-boundaries.ts`);
      continue;
    }
    const manifest: Manifest = JSON.parse(readFileSync(join(root, file), 'utf8'));
    const workspace = { directory, part, manifest };
    const imports = [...importsOf(root, directory)];
    for (const found of imports) {
      for (const why of reasonsAgainst(workspace, found))
        violations.push(`${found.file}: ${found.specifier}: ${why}`);
    }
    violations.push(...dependencyMismatches(workspace, imports));
  }
  return violations;
}

function* importsOf(root: string, directory: string): Iterable<Import> {
  const files = globSync(`${directory}/{src,test,scripts}/**/*.{ts,mts,cts,tsx,js,mjs,cjs}`, {
    cwd: root,
  });
  for (const path of files.map(posix).sort()) {
    const published = path.startsWith(`${directory}/src/`) && !/\.test\.\w+$/.test(path);
    for (const specifier of specifiersIn(path, readFileSync(join(root, path), 'utf8'))) {
      const isRelative = /^\.{0,2}\//.test(specifier) || specifier === '.' || specifier === '..';
      yield {
        file: path,
        specifier,
        published,
        target: isRelative
          ? posix(relative(root, resolve(root, dirname(path), specifier)))
          : undefined,
        package: isRelative || isNode(specifier) ? undefined : packageOf(specifier),
      };
    }
  }
}

/**
 * What a file imports, exports from, requires, resolves or imports later. From the syntax tree: the
 * shorter `ts.preProcessFile` takes what regular expressions hold for code.
 */
function specifiersIn(file: string, text: string): Set<string> {
  const specifiers = new Set<string>();
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined && ts.isStringLiteralLike(specifier))
      specifiers.add(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return specifiers;
}

/** Where a piece of syntax that imports something says what. */
function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  if (!ts.isCallExpression(node)) return undefined;
  const { expression } = node;
  const imports = expression.kind === ts.SyntaxKind.ImportKeyword;
  const requires = ts.isIdentifier(expression) && expression.text === 'require';
  const resolves =
    ts.isPropertyAccessExpression(expression) &&
    ts.isMetaProperty(expression.expression) &&
    expression.name.text === 'resolve';
  return imports || requires || resolves ? node.arguments[0] : undefined;
}

function isNode(specifier: string): boolean {
  return specifier.startsWith('node:') || isBuiltin(specifier);
}

/** `@kv/store/conformance` is of the package `@kv/store`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Why an import may not be. */
function reasonsAgainst(workspace: Workspace, found: Import): string[] {
  if (found.target !== undefined) return reasonsAgainstPath(workspace, found, found.target);
  if (found.package === undefined) return reasonsAgainstNode(workspace, found);
  return reasonsAgainstPackage(workspace, found, found.package);
}

function reasonsAgainstPath({ directory }: Workspace, found: Import, target: string): string[] {
  const shared = SHARED.some(([from, to]) => found.file.startsWith(from) && target === to);
  if (!target.startsWith(`${directory}/`) && !shared) return ['it leaves its package'];
  const index = new Set([`${directory}/src/index.ts`, `${directory}/src`, `${directory}/src/`]);
  if (found.published && index.has(target))
    return ['siblings import siblings, never the index of their own package'];
  return [];
}

function reasonsAgainstNode({ part, manifest }: Workspace, found: Import): string[] {
  const reasons: string[] = [];
  if (found.published && part.withoutNode)
    reasons.push(`${manifest.name} runs without Node.js and imports none of its modules`);
  else if (!found.specifier.startsWith('node:')) reasons.push('write it with node: in front');
  return reasons;
}

function reasonsAgainstPackage(
  { directory, part, manifest }: Workspace,
  found: Import,
  name: string,
): string[] {
  const { arrows } = part;
  const reasons: string[] = [];
  if (name.startsWith('@kv/')) {
    // Examples and tests show a package as its users see it: by its own name.
    if (name === manifest.name && !found.published) return [];
    if (name === manifest.name)
      reasons.push('siblings import siblings, never the index of their own package');
    else if (arrows !== 'anything' && !arrows.includes(name))
      reasons.push(
        `${manifest.name} may import ${arrows.length === 0 ? 'no package' : `only ${arrows.join(', ')}`} of this repository`,
      );
    return reasons;
  }
  if (arrows === 'anything') return [];
  const owner = OWNERS[name];
  if (owner !== undefined && !directory.startsWith('apps/') && owner !== directory)
    reasons.push(`${name} is for the tests of ${owner} and for applications`);
  if (!found.published) return reasons;
  if (part.withoutNpm) reasons.push(`${manifest.name} imports nothing from npm`);
  if (!manifest.private && manifest.devDependencies?.[name] !== undefined)
    reasons.push('it is a devDependency, which the users of the package do not have');
  return reasons;
}

/** The dependencies in package.json and the imports of src are the same. */
function dependencyMismatches(
  { directory, manifest }: Workspace,
  imports: readonly Import[],
): string[] {
  const declared = Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  });
  const used = new Map<string, string>();
  for (const { package: name, published, file } of imports) {
    if (name !== undefined && name !== manifest.name && published && !used.has(name))
      used.set(name, file);
  }
  const unused = declared.filter((name) => !used.has(name));
  const undeclared = [...used].filter(([name]) => !declared.includes(name));
  return [
    ...unused.map((name) => `${directory}/package.json: ${name}: no file in src imports it`),
    ...undeclared.map(([name, file]) => `${file}: ${name}: it is not in "dependencies"`),
  ];
}

function posix(path: string): string {
  return path.split(sep).join('/');
}

if (process.argv[1] === import.meta.filename) {
  const root = dirname(import.meta.dirname);
  const violations = boundaryViolations(root);
  for (const violation of violations) console.log(violation);
  console.log(
    `${violations.length === 0 ? 'no' : violations.length} imports beyond the boundaries`,
  );
  process.exitCode = violations.length === 0 ? 0 : 1;
}
