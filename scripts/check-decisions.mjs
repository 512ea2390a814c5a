// `npm run check:decisions`: what a decision may not hang on.
// 1. The product. Only src/server/ decides which product and release it is and what that implies; everybody else reads capabilities,
//    rules and dialects, which are data. Found: comparing, switching on or indexing by a family or product, and comparing with the
//    name of one. Formats have such names, too: `format === 'opengauss'` asks for a format, which was handed in as data.
// 2. A sentence. What is done about an error hangs on its `code` and `kind`; the key of a sentence belongs to whoever shows it.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const products = /^(?:opengauss|postgresql|postgres|mogdb|gaussdb|vastbase)$/i;
const productNames = /(?:^|[a-z#])(?:family|product)$|^#?(?:family|product)$/i;
/** Of the formats and languages that are named after a product: of member streams, pages, BASE_BACKUP and its session. */
const formatNames = /^#?(?:tarFormat|pageFormat|format|grammar)$/;
const messageNames = /^#?(?:sentence|hint|message|problem|reason|complaint|warning)$/;

export function complaintsOf(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const complain = (node, what) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${path}:${line + 1}: ${what}: ${node.getText().split('\n')[0]}`);
  };
  visit(file);
  return found;

  function visit(node) {
    if (!path.startsWith('src/server/')) product(node);
    if (!path.startsWith('src/messages/') && !path.startsWith('src/cli/')) sentence(node);
    ts.forEachChild(node, visit);
  }

  function product(node) {
    if (ts.isBinaryExpression(node) && isComparison(node.operatorToken.kind)) {
      const sides = [node.left, node.right];
      if (sides.some(isNothing)) return;
      const names = sides.map(nameOf);
      if (names.some((name) => productNames.test(name))) complain(node, 'decides by product');
      else if (sides.some(isProduct) && !names.some((name) => isFormat(name))) complain(node, 'decides by product');
    } else if (ts.isSwitchStatement(node) && productNames.test(nameOf(node.expression))) {
      complain(node, 'decides by product');
    } else if (ts.isElementAccessExpression(node) && productNames.test(nameOf(node.argumentExpression))) {
      complain(node, 'decides by product');
    }
  }

  /** The dialect of a session is one of the protocol, below src/server/. */
  function isFormat(name) {
    return formatNames.test(name) || (path.startsWith('src/connection/') && name === 'dialect');
  }

  function sentence(node) {
    if (!ts.isPropertyAccessExpression(node)) return;
    if (!['key', 'parameters'].includes(node.name.text) || !messageNames.test(nameOf(node.expression))) return;
    complain(node, 'decides by sentence');
  }
}

function isComparison(kind) {
  return [
    ts.SyntaxKind.EqualsEqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsEqualsToken,
    ts.SyntaxKind.EqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsToken,
  ].includes(kind);
}

/** `x.family` and `family` are called `family`. */
function nameOf(node) {
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)) return nameOf(node.expression);
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) return node.text;
  return ts.isPropertyAccessExpression(node) ? node.name.text : '';
}

function isProduct(node) {
  return ts.isStringLiteral(node) && products.test(node.text);
}

/** Whether it is known at all. */
function isNothing(node) {
  return node.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(node) && node.text === 'undefined');
}

function sources(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /(?<!\.test)\.ts$/.test(entry.name) ? [path] : [];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const complaints = sources(join(root, 'src')).flatMap((path) =>
    complaintsOf(relative(root, path), readFileSync(path, 'utf8')),
  );
  for (const complaint of complaints.sort()) console.error(complaint);
  if (complaints.length > 0) {
    console.error(
      `\n${complaints.length} to decide otherwise: by a capability of src/server/, or by code and kind of the error.`,
    );
    process.exitCode = 1;
  }
}
