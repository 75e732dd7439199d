/** Pages of the dashboard that show one object, by the prefix of its id. */
const pages: Readonly<Record<string, string>> = {
  pi: "payments",
  ch: "payments",
  py: "payments",
  du: "disputes",
  dp: "disputes",
  evt: "events",
};
/** What has no page of its own, but is found by its id: it is shown with its payment. */
const searched: ReadonlySet<string> = new Set(["re", "pyr", "cs"]);

/** The page of Stripe's dashboard that leads to an object, in its account and mode; `undefined` for what has none. */
export function dashboardLink(
  { accountId, livemode }: { readonly accountId: string; readonly livemode: boolean },
  id: string,
): string | undefined {
  const prefix = id.split("_")[0] ?? "";
  const page = pages[prefix];
  const place = `https://dashboard.stripe.com/${encodeURIComponent(accountId)}${livemode ? "" : "/test"}`;
  if (page !== undefined) return `${place}/${page}/${encodeURIComponent(id)}`;
  return searched.has(prefix) ? `${place}/search?query=${encodeURIComponent(id)}` : undefined;
}
