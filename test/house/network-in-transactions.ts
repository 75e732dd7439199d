import ts from "typescript";

/** A call over the network that would run while a transaction is open, and where. */
export interface NetworkCall {
  readonly file: string;
  readonly line: number;
  readonly call: string;
}

/** What opens a transaction around the function it is given. */
const openers = new Set(["transaction", "inTransaction", "inShortTransaction"]);
/** The type of an open transaction: a function that takes one runs within it. */
const transactionTypes = new Set(["Trx", "Knex.Transaction"]);
/** Whoever calls a method of these, or these themselves, talks to another machine. */
const networkOwners = new Set(["stripe", "ringer"]);
const networkFunctions = new Set(["askStripe", "fetch"]);
/** The SDK's own computations. */
const localMethods = new Set(["constructEvent", "constructEventAsync", "generateTestHeaderString"]);

type Callable = ts.FunctionLikeDeclaration;

/**
 * Finds calls to Stripe, to the queue or by `fetch` that run within a database transaction: in the callback of one, in
 * a function that takes one, and through any number of our own functions in between.
 */
export function networkInTransactions(
  files: readonly string[],
  options: ts.CompilerOptions,
): readonly NetworkCall[] {
  const program = ts.createProgram([...files], options, hostOfOurs(options));
  const checker = program.getTypeChecker();
  const wanted = new Set(files);
  const sources = program.getSourceFiles().filter((source) => wanted.has(source.fileName));
  const targets = new Map<ts.CallExpression, Target>();
  const talks: Talks = (call, talkers) => {
    const target = targets.get(call) ?? targetOf(call, checker);
    targets.set(call, target);
    return target === "network" || (target !== "elsewhere" && talkers.has(target));
  };
  const talkers = functionsThatTalk(sources, talks);
  const found = new Map<ts.Node, NetworkCall>();
  for (const source of sources)
    for (const body of transactionsIn(source, checker))
      for (const call of callsIn(body))
        if (talks(call, talkers)) found.set(call, placeOf(call, source));
  return [...found.values()];
}

/**
 * Only our own functions are followed, so nobody else's types are read: an import of a package stays unresolved, which
 * saves most of the time.
 */
function hostOfOurs(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (literals, from, redirected) =>
    literals.map(({ text }) =>
      text.startsWith(".")
        ? ts.resolveModuleName(text, from, options, host, undefined, redirected)
        : { resolvedModule: undefined },
    );
  return host;
}

/** Whom a call reaches: another machine, a function of ours, or what does not matter here. */
type Target = "network" | "elsewhere" | Callable;
type Talks = (call: ts.CallExpression, talkers: ReadonlySet<Callable>) => boolean;

/** Grows until nobody calls a talker without being one. */
function functionsThatTalk(sources: readonly ts.SourceFile[], talks: Talks): ReadonlySet<Callable> {
  const functions = sources.flatMap((source) => nodesIn(source).filter(isCallable));
  const calls = new Map(functions.map((declared) => [declared, callsIn(declared)]));
  const talkers = new Set<Callable>();
  for (let before = -1; before !== talkers.size; ) {
    before = talkers.size;
    for (const [declared, within] of calls)
      if (within.some((call) => talks(call, talkers))) talkers.add(declared);
  }
  return talkers;
}

function transactionsIn(source: ts.SourceFile, checker: ts.TypeChecker): readonly ts.Node[] {
  return nodesIn(source).flatMap((node): readonly ts.Node[] => {
    if (isCallable(node) && node.parameters.some(isTransaction)) return [node];
    if (!ts.isCallExpression(node) || !openers.has(nameOf(node.expression))) return [];
    return node.arguments.flatMap((argument) => {
      if (isCallable(argument)) return [argument];
      const declared = declarationOf(argument, checker);
      return declared === undefined ? [] : [declared];
    });
  });
}

function isTransaction(parameter: ts.ParameterDeclaration): boolean {
  return parameter.type !== undefined && transactionTypes.has(parameter.type.getText());
}

function targetOf(call: ts.CallExpression, checker: ts.TypeChecker): Target {
  const chain = namesIn(call.expression);
  const method = chain.at(-1) ?? "";
  if (localMethods.has(method)) return "elsewhere";
  if (chain.slice(0, -1).some((name) => networkOwners.has(name))) return "network";
  if (chain.length === 1 && networkFunctions.has(method)) return "network";
  return declarationOf(call.expression, checker) ?? "elsewhere";
}

/** `ctx.ringer.ring` as `["ctx", "ringer", "ring"]`. */
function namesIn(expression: ts.Expression): readonly string[] {
  if (ts.isIdentifier(expression)) return [expression.text];
  if (ts.isPropertyAccessExpression(expression))
    return [...namesIn(expression.expression), expression.name.text];
  return [];
}

function nameOf(expression: ts.Expression): string {
  return ts.isPropertyAccessExpression(expression)
    ? expression.name.text
    : ts.isIdentifier(expression)
      ? expression.text
      : "";
}

/** The function of ours that a name stands for, wherever it was imported from. */
function declarationOf(expression: ts.Expression, checker: ts.TypeChecker): Callable | undefined {
  let symbol = checker.getSymbolAtLocation(expression);
  if (symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0)
    symbol = checker.getAliasedSymbol(symbol);
  const declared = symbol?.valueDeclaration;
  if (declared === undefined) return undefined;
  if (isCallable(declared)) return declared;
  const value = ts.isVariableDeclaration(declared) ? declared.initializer : undefined;
  return value !== undefined && isCallable(value) ? value : undefined;
}

function callsIn(node: ts.Node): readonly ts.CallExpression[] {
  return nodesIn(node).filter((inner) => ts.isCallExpression(inner));
}

function nodesIn(node: ts.Node): readonly ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (inner: ts.Node): void => {
    nodes.push(inner);
    inner.forEachChild(visit);
  };
  visit(node);
  return nodes;
}

function isCallable(node: ts.Node): node is Callable {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

function placeOf(call: ts.CallExpression, source: ts.SourceFile): NetworkCall {
  const line = source.getLineAndCharacterOfPosition(call.getStart()).line + 1;
  return { file: source.fileName, line, call: call.expression.getText() };
}
