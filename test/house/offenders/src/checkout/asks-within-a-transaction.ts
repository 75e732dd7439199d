// offends: no-network-in-transaction
type Trx = { readonly update: (id: string) => Promise<void> };
interface Context {
  readonly db: { transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T> };
  readonly ringer: { ring(id: string): Promise<void> };
}
interface Access {
  readonly stripe: {
    readonly refunds: { create(id: string): Promise<string> };
    readonly webhooks: { constructEvent(id: string): string };
  };
}

export async function inTheCallback(ctx: Context, access: Access): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    await trx.update(access.stripe.webhooks.constructEvent("computes, and asks nobody"));
    await access.stripe.refunds.create("re_1"); // offends
    await ctx.ringer.ring("settle"); // offends
    await fetch("http://localhost"); // offends
    await behindOne(access); // offends
  });
}

export async function byName(ctx: Context): Promise<void> {
  const work = async (trx: Trx): Promise<void> => {
    await trx.update("1");
    await ctx.ringer.ring("settle"); // offends
  };
  await ctx.db.transaction(work);
}

export async function withATakenOne(trx: Trx, access: Access): Promise<void> {
  await trx.update("1");
  await behindTwo(access); // offends
}

export async function before(ctx: Context, access: Access): Promise<void> {
  const id = await behindTwo(access);
  await ctx.db.transaction((trx) => trx.update(id));
  await ctx.ringer.ring(id);
}

const behindOne = async (access: Access): Promise<string> => behindTwo(access);

function behindTwo(access: Access): Promise<string> {
  return access.stripe.refunds.create("re_2");
}
