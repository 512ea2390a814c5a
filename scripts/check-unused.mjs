// `npm run check:unused`: exports of src/ that no product code uses, exports that only their own file and no test needs, and
// capabilities that nobody reads but who makes them. Works on the compiler's own symbols, so an alias, a re-export or a type-only
// import counts as what it is. A test alone keeps nothing alive; a type may be exported for the signature that it stands in.
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src');
const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const parsed = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
const program = ts.createProgram(parsed.fileNames, parsed.options);
const checker = program.getTypeChecker();

/** Product: src/ without its tests. The demo, the benchmarks and the scripts use the library as others would. */
const isTest = (file) => file.endsWith('.test.ts') || file.startsWith(join(root, 'test'));
const files = program
  .getSourceFiles()
  .filter(({ fileName }) => fileName.startsWith(root) && !fileName.includes('/node_modules/'));

/** symbol → how often each file names it */
const readers = new Map();
for (const file of files) visit(file, file.fileName);

/** What only these name is said for nobody; the other files of src/server/ act on capabilities like everybody else. */
const makers = ['capabilities.ts', 'capabilities-of.ts'].map((name) => join(source, 'server', name));

const complaints = [];
for (const file of files) {
  if (!file.fileName.startsWith(source) || isTest(file.fileName) || isEntry(file.fileName)) continue;
  const module = checker.getSymbolAtLocation(file);
  for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
    const symbol = resolved(exported);
    if (!symbol.declarations?.some((declaration) => declaration.getSourceFile() === file)) continue;
    const what = judge(symbol, file.fileName);
    if (what !== undefined) complaints.push(`${place(symbol.declarations[0])}: ${exported.name} ${what}`);
  }
}
for (const property of capabilities()) {
  const others = [...(readers.get(property)?.keys() ?? [])];
  if (others.every((reader) => isTest(reader) || makers.includes(reader)))
    complaints.push(`${place(property.declarations[0])}: no one reads ${property.name}`);
}
for (const complaint of complaints.sort()) console.error(complaint);
if (complaints.length > 0) {
  console.error(`\n${complaints.length} not used: take them out, or stop exporting what only its own file needs.`);
  process.exitCode = 1;
}

/** What is wrong with an exported symbol of `file`; undefined: nothing. */
function judge(symbol, file) {
  const names = readers.get(symbol) ?? new Map();
  const others = [...names.keys()].filter((reader) => reader !== file);
  if (others.some((reader) => !isTest(reader))) return undefined;
  // Each declaration names itself once.
  const isUsedHere = (names.get(file) ?? 0) > symbol.declarations.length;
  if (!isUsedHere) return others.length > 0 ? 'is used by tests only' : 'is used by nobody';
  const isType = symbol.declarations.every(
    (node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node),
  );
  return isType || others.length > 0 ? undefined : 'is exported, and only its own file needs it';
}

/** What is started or imported from outside: programs, threads, the public library. */
function isEntry(file) {
  const name = relative(source, file);
  return /^(?:index|wal-archive|repository-wal|version)\.ts$|^threads\/.*-thread\.ts$|^cli\/(?:gs-basebackup|gs-tar|gausskeep)\.ts$|-single\.ts$/.test(
    name,
  );
}

function visit(node, file) {
  if (ts.isIdentifier(node)) note(checker.getSymbolAtLocation(node), file);
  // A property that is taken out by `const { name } = value`.
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
    const key = node.propertyName ?? node.name;
    if (ts.isIdentifier(key)) note(checker.getTypeAtLocation(node.parent).getProperty(key.text), file);
  }
  ts.forEachChild(node, (child) => visit(child, file));
}

function note(symbol, file) {
  if (symbol === undefined) return;
  const key = resolved(symbol);
  if (!readers.has(key)) readers.set(key, new Map());
  readers.get(key).set(file, (readers.get(key).get(file) ?? 0) + 1);
}

function resolved(symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The properties of the interfaces in src/server/capabilities.ts. */
function capabilities() {
  const file = program.getSourceFile(join(source, 'server', 'capabilities.ts'));
  const found = [];
  for (const statement of file?.statements ?? []) {
    if (!ts.isInterfaceDeclaration(statement)) continue;
    for (const member of statement.members)
      found.push(...(member.name ? [checker.getSymbolAtLocation(member.name)] : []));
  }
  return found.filter((symbol) => symbol !== undefined);
}

function place(declaration) {
  const file = declaration.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
  return `${relative(root, file.fileName)}:${line + 1}`;
}
