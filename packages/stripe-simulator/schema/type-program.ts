import { fileURLToPath } from "node:url";
import ts from "typescript";

/** One exported type alias of a file beside this one, with the checker that resolves it. */
export interface AliasedType {
  readonly name: string;
  readonly type: ts.Type;
}

/** Reads the exported type aliases of `fileName` (beside this file) with the TypeScript checker. */
export function readAliases(fileName: string): { checker: ts.TypeChecker; aliases: AliasedType[] } {
  const path = fileURLToPath(new URL(fileName, import.meta.url));
  const program = ts.createProgram([path], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    types: ["node"],
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const aliases = [...(source?.statements ?? [])].flatMap((statement) =>
    ts.isTypeAliasDeclaration(statement)
      ? [{ name: statement.name.text, type: checker.getTypeAtLocation(statement.name) }]
      : [],
  );
  return { checker, aliases };
}

/** The properties of an object type, without methods and symbols. */
export function propertiesOf(
  checker: ts.TypeChecker,
  type: ts.Type,
): { name: string; type: ts.Type; optional: boolean }[] {
  const found: { name: string; type: ts.Type; optional: boolean }[] = [];
  for (const property of checker.getPropertiesOfType(type)) {
    if (property.name.startsWith("__@")) continue;
    const declaration = property.valueDeclaration ?? property.declarations?.[0];
    const propertyType = declaration
      ? checker.getTypeOfSymbolAtLocation(property, declaration)
      : checker.getTypeOfSymbol(property);
    if (propertyType.getCallSignatures().length > 0) continue;
    const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    found.push({ name: property.name, type: propertyType, optional });
  }
  return found;
}

/** Decimal amounts are objects in the SDK and strings on the wire. */
export function isDecimal(type: ts.Type): boolean {
  const name = type.aliasSymbol?.getName() ?? type.getSymbol()?.getName();
  return name === "Decimal" || name === "DecimalImpl";
}

/** Whether the type is `OtherString`: the SDK's way to say that an enum may grow. */
export function isOpenString(type: ts.Type): boolean {
  return (
    type.isIntersection() && type.types.some((part) => (part.flags & ts.TypeFlags.String) !== 0)
  );
}
