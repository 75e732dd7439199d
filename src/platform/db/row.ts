import { Model, snakeCaseMappers } from "objection";

/**
 * The base of every model: rows read are camelCase in code, while queries name the
 * columns as the database does, in snake_case. A model is a shape;
 * it has no hooks and no methods, and is always queried with an explicit database or transaction.
 */
export class Row extends Model {
  static override get columnNameMappers() {
    return snakeCaseMappers();
  }
}
