import { Model, snakeCaseMappers } from "objection";

/**
 * The base of every model: columns are snake_case in the database and camelCase in code. A model is a shape;
 * it has no hooks and no methods, and is always queried with an explicit database or transaction.
 */
export class Row extends Model {
  static override get columnNameMappers() {
    return snakeCaseMappers();
  }
}
