/** A rule that the books keep at every moment, as a question to the database. */
export interface Invariant {
  /** Also the name of its file, with dashes. */
  readonly name: string;
  /** The rule as a sentence that should be true. */
  readonly rule: string;
  /**
   * One SELECT over the relations of `scope.ts` and `relations`. Its rows are the offenders, as `project_id`,
   * `wallet_id` (null when it is not about one), `id` (text: what in the wallet, such as a seq or a hold) and `wrong`
   * (what is there, and what should be).
   */
  readonly offenders: string;
  /** What it reads beside the relations of `scope.ts`. They may read those, and what stands before them. */
  readonly relations?: Relations;
}

/** In their order: each may read those before it. Relations of one name are the same, whichever invariant needs them. */
export type Relations = readonly Relation[];

/** A relation twice, each time as one SELECT: of all rows there are, and of those that what changed lately concerns. */
export interface Relation {
  readonly name: string;
  /** Left out by what only the other relations of a look at what changed need. */
  readonly whole?: (scope: WholeScope) => string;
  /** Asked once for all invariants, and kept as a table until they are answered. */
  readonly recent: (scope: RecentScope) => string;
}

export interface WholeScope {
  /** A condition on the project of `table`, ready to stand after `where`. */
  readonly inProject: (table: string) => string;
}

export interface RecentScope {
  /** An expression: from when on transfers count as recent. */
  readonly since: string;
}
