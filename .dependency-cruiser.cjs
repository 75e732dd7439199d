/**
 * Who may import whom. `test/house/import-rules.test.ts` proves that every rule catches its planted offender and
 * that the tool saw every file: with a TypeScript it does not know it would see none, and pass.
 */
const { join } = require("node:path");

/** From the ground up. A folder may import its own row and the rows above this line in the list, never below. */
const layers = [
  ["kernel"],
  ["platform"],
  ["ledger"],
  ["tenancy", "wallets", "catalogue", "rating", "limits"],
  ["checkout", "metering", "holds", "agents"],
  ["reversals", "expiry", "integrity", "reconciliation", "reports"],
  ["stripe-events", "failed-jobs", "storefront", "ops", "contract"],
  ["app"],
  ["dev"],
];

const anyOf = (names) => `(?:${names.join("|")})`;
const domains = layers.slice(2, 7).flat();
const privateRoles = "(?:store|models|routes|jobs|store/[^/]+)\\.ts$";
const pureFiles =
  "^src/[^/]+/(?:rules|movements|lots|reversible|decide[a-z-]*|price|month|stripe)\\.ts$";
const simulator = "packages/stripe-simulator/";

/** For each row but the last: nothing in it imports a row below it in the list. */
const layerRules = layers.slice(0, -1).map((row, index) => ({
  name: `${row[0]}-imports-nothing-above-it`,
  comment: `${row.join(", ")}: knowledge of what lies above travels as tables in app/.`,
  severity: "error",
  from: { path: `^src/${anyOf(row)}/` },
  to: { path: `^src/${anyOf(layers.slice(index + 1).flat())}/` },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: "no-cycle",
      comment: "Two files that import each other are one file, or miss a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-domain-cycle",
      comment:
        "Two domains that import each other are one domain, or one of them lies above the other.",
      severity: "error",
      scope: "folder",
      from: { path: `^src/${anyOf(domains)}$` },
      to: { circular: true, path: `^src/${anyOf(domains)}$` },
    },
    {
      name: "domain-keeps-its-store",
      comment:
        "A domain uses another one's use cases and rules, never its store, models, routes or jobs.",
      severity: "error",
      from: { path: `^src/(${domains.join("|")})/` },
      to: { path: `^src/${anyOf(domains)}[^.]*/${privateRoles}`, pathNot: "^src/$1/" },
    },
    {
      name: "app-reads-no-store",
      comment:
        "app, dev and the entry files may mount routes and list jobs; SQL stays in its domain.",
      severity: "error",
      from: { path: "^src/(?:(?:app|dev)/|[^/]+\\.ts$)" },
      to: { path: `^src/${anyOf(domains)}[^.]*/(?:store|models|store/[^/]+)\\.ts$` },
    },
    {
      name: "nothing-imports-an-entry-file",
      comment: "src/web.ts and its like are programs. What two of them share lives in app/.",
      severity: "error",
      from: { path: "^(?:src|packages|migrations)/" },
      to: { path: "^src/[^/]+\\.ts$" },
    },
    {
      name: "kernel-imports-only-typeid",
      comment: "Values depend on nothing: no platform, no Node module, no package but typeid-js.",
      severity: "error",
      from: { path: "^src/kernel/" },
      to: { pathNot: "^src/|(?:^|/)node_modules/typeid-js/" },
    },
    {
      name: "pure-files-do-no-io",
      comment: "Decisions import the kernel and other pure files; of packages only types, and zod.",
      severity: "error",
      from: { path: pureFiles },
      to: {
        pathNot: `^src/kernel/|${pureFiles}|(?:^|/)node_modules/zod/`,
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "pure-files-know-no-platform",
      comment: "Not even by type: a decision that takes a transaction is not a decision.",
      severity: "error",
      from: { path: pureFiles },
      to: { path: "^src/", pathNot: `^src/kernel/|${pureFiles}`, dependencyTypes: ["type-only"] },
    },
    {
      name: "queue-engine-stays-in-platform",
      comment: "Domains declare jobs and ring; which engine runs them is platform's affair.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/platform/(?:queue|jobs)/" },
      to: { path: "(?:^|/)node_modules/(?:bullmq|ioredis)/" },
    },
    {
      name: "only-dev-imports-the-simulator",
      comment: "Production code must not know that a Stripe could be simulated.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/dev/" },
      to: { path: simulator },
    },
    {
      name: "only-app-imports-the-mcp-server",
      comment: "It is mounted beside the API, whose domains know nothing of it.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/app/" },
      to: { path: "packages/mcp/" },
    },
    {
      name: "packages-install-alone",
      comment: "A package must work without this repository around it.",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(?:src|test|migrations)/" },
    },
    {
      name: "source-imports-no-test",
      comment: "Tests look at the source, not the other way round.",
      severity: "error",
      from: { path: "^(?:src|migrations|packages/[^/]+/src)/" },
      to: { path: "^(?:test|packages/[^/]+/test)/" },
    },
    {
      name: "source-imports-no-dev-dependency",
      comment: "dist/ must run after npm ci --omit=dev.",
      severity: "error",
      from: { path: "^(?:src|migrations|packages/[^/]+/src)/" },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "imports-resolve",
      comment: "An import that leads nowhere would hide from every other rule.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: join(__dirname, "tsconfig.json") },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/|^packages/[^/]+/dist/|^test/house/offenders/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
