/** What the documentation shows of a month: one pack of 500 credits for $9.99, of which 100 were used. Tests hold it against the schemas. */

const nothing = {
  atStart: "0",
  sold: "0",
  granted: "0",
  corrected: "0",
  givenBack: "0",
  repaymentReturned: "0",
  consumed: "0",
  debtRepaid: "0",
  expired: "0",
  withdrawn: "0",
  reversed: "0",
  atEnd: "0",
} as const;
const noMoney = {
  atStart: 0,
  sold: 0,
  granted: 0,
  corrected: 0,
  givenBack: 0,
  repaymentReturned: 0,
  consumed: 0,
  debtRepaid: 0,
  expired: 0,
  withdrawn: 0,
  reversed: 0,
  atEnd: 0,
} as const;

export const exampleMonth = {
  month: "2026-01",
  from: "2026-01-01T00:00:00.000Z",
  to: "2026-02-01T00:00:00.000Z",
  closed: true,
  credits: { ...nothing, sold: "500", granted: "47", consumed: "147", atEnd: "400" },
  given: { ...nothing, granted: "47", consumed: "47" },
  currencies: [
    {
      currency: "usd",
      credits: { ...nothing, sold: "500", consumed: "100", atEnd: "400" },
      deferred: { ...noMoney, sold: 999, consumed: 199, atEnd: 800 },
      refunded: 0,
      recognised: { usage: 199, expired: 0, withdrawn: 0, refunded: 0, total: 199 },
    },
  ],
  debt: {
    atStart: "0",
    overdrawn: "0",
    reversed: "0",
    repaymentReturned: "0",
    repaid: "0",
    givenBack: "0",
    atEnd: "0",
  },
} as const;
