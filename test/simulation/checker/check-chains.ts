import { type Findings, groupBy } from "./findings.js";
import type { Ledger, Lot, Transfer, Wallet } from "./ledger.js";

/** Each wallet's rows, counted again from nothing: without a gap, never below zero, ending where the wallet is. */
export function checkChains(ledger: Ledger, findings: Findings): void {
  const byWallet = groupBy(ledger.transfers, ({ wallet }) => wallet);
  for (const wallet of ledger.wallets) checkWallet(wallet, byWallet.get(wallet.id) ?? [], findings);
  const byLot = groupBy(ledger.transfers, ({ wallet, lot }) => `${wallet} lot ${lot}`);
  for (const lot of ledger.lots)
    checkLot(lot, byLot.get(`${lot.wallet} lot ${lot.lot}`) ?? [], findings);
}

function checkWallet(wallet: Wallet, rows: readonly Transfer[], findings: Findings): void {
  let [seq, available, held, debt] = [0n, 0n, 0n, 0n];
  for (const row of rows) {
    const where = `${wallet.customer} at ${row.seq} (${row.kind} ${row.amount})`;
    seq += 1n;
    if (row.seq !== seq) findings.add("seq_gap", `${where}: expected ${seq}`);
    seq = row.seq;
    if (row.amount <= 0n) findings.add("balance_broken", `${where}: moves nothing`);
    available += changeOf(row, "available");
    held += changeOf(row, "held");
    debt -= changeOf(row, "debt");
    if (available < 0n || held < 0n || debt < 0n)
      findings.add("below_zero", `${where}: ${available} available, ${held} held, ${debt} owed`);
    if (row.available !== available || row.held !== held || row.debt !== debt)
      findings.add("balance_broken", `${where}: says ${row.available}, is ${available}`);
  }
  if (
    wallet.seq !== seq ||
    wallet.available !== available ||
    wallet.held !== held ||
    wallet.debt !== debt
  )
    findings.add(
      "wallet_drift",
      `${wallet.customer}: says ${wallet.available}, its rows ${available}`,
    );
}

/** Credits enter the account that is credited. Debt is owed to us, so there it is the other way round. */
function changeOf({ from, to, amount }: Transfer, account: string): bigint {
  return (to === account ? amount : 0n) - (from === account ? amount : 0n);
}

function checkLot(lot: Lot, rows: readonly Transfer[], findings: Findings): void {
  const where = `lot ${lot.lot} of wallet ${lot.wallet}`;
  let [inside, held] = [0n, 0n];
  for (const row of rows) {
    held += changeOf(row, "held");
    inside += changeOf(row, "held") + changeOf(row, "available");
    if (inside < held || held < 0n || inside > lot.granted)
      findings.add("lot_out_of_range", `${where}: ${inside} of ${lot.granted} at ${row.seq}`);
  }
  if (inside !== lot.remaining || held !== lot.held)
    findings.add("lot_drift", `${where}: says ${lot.remaining}, its rows ${inside}`);
}
