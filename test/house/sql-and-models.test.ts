import ts from "typescript";
import { describe, expect, it } from "vitest";
import { textOf, typescriptFiles } from "./tree.js";

/** The roles that hold SQL, the mechanisms below them, the invariants, which are queries, and the doctor, who asks the
 * server about itself. */
const maySpeakSql =
  /^src\/(?:platform\/|dev\/embedded-postgres\/|ledger\/check-invariants\.ts$|[^/]+\/invariants\/|app\/commands\/doctor\/)|(?:^|\/)(?:store|models)\.ts$|^(?:src\/[^/]+\/store\/)/;

const statement =
  /^\s*(?:with\s+\w+\s+as\b|select\s+[\s\S]*\b(?:from|as)\b|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|lock\s+table\s|truncate\s)/i;

describe("SQL", () => {
  it("stands in store.ts, models, migrations, platform and invariants, nowhere else", () => {
    const strays = typescriptFiles()
      .filter((path) => path.startsWith("src/") && !maySpeakSql.test(path))
      .flatMap((path) => statementsIn(textOf(path)).map((text) => `${path}: ${text.slice(0, 60)}`));
    expect(strays).toEqual([]);
  });

  it.each([
    'await trx.raw("select id from wallets");',
    "await trx.raw(`update wallets set seq = ${seq}`);",
    'const sql = "insert into transfers values (1)";',
  ])("is recognised in %s", (text) => {
    expect(statementsIn(text)).toHaveLength(1);
  });

  it.each(['say("Select a pack and continue.");', 'say("Update the key, then try again.");'])(
    "is not seen in %s",
    (text) => {
      expect(statementsIn(text)).toEqual([]);
    },
  );
});

describe("models", () => {
  it("are shapes: no methods, no hooks, no fields but declared ones", () => {
    const models = typescriptFiles().filter((path) => /^src\/.*\/models\.ts$/.test(path));
    expect(models.length).toBeGreaterThan(0);
    expect(
      models.flatMap((path) => behaviourIn(textOf(path)).map((name) => `${path}: ${name}`)),
    ).toEqual([]);
  });

  it.each([
    "class A extends Model { override $beforeInsert() { this.at = now(); } }",
    "class A extends Model { debit(amount: bigint) { this.balance -= amount; } }",
    "class A extends Model { get total() { return 1; } }",
    "class A extends Model { balance = 0n; }",
  ])("with behaviour are caught: %s", (text) => {
    expect(behaviourIn(text)).toHaveLength(1);
  });
});

function statementsIn(text: string): readonly string[] {
  const found: string[] = [];
  visit(parse(text), (node) => {
    const said = literalText(node);
    if (said !== undefined && statement.test(said)) found.push(said.trim());
  });
  return found;
}

function literalText(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return [node.head, ...node.templateSpans.map((span) => span.literal)]
      .map((part) => part.text)
      .join("?");
  return undefined;
}

/** Objection's own tables of facts: static, and needed. */
const staticFacts = new Set(["tableName", "idColumn", "relationMappings", "jsonAttributes"]);

function behaviourIn(text: string): readonly string[] {
  const found: string[] = [];
  visit(parse(text), (node) => {
    if (!ts.isClassDeclaration(node)) return;
    for (const member of node.members)
      if (!isShape(member)) found.push(member.getText().slice(0, 60));
  });
  return found;
}

function isShape(member: ts.ClassElement): boolean {
  const isStatic = has(member, ts.SyntaxKind.StaticKeyword);
  if (isStatic) return member.name !== undefined && staticFacts.has(member.name.getText());
  return ts.isPropertyDeclaration(member) && has(member, ts.SyntaxKind.DeclareKeyword);
}

function has(member: ts.ClassElement, kind: ts.SyntaxKind): boolean {
  const modifiers = ts.canHaveModifiers(member) ? ts.getModifiers(member) : undefined;
  return modifiers?.some((modifier) => modifier.kind === kind) === true;
}

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, true);
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  node.forEachChild((child) => visit(child, look));
}
