/** The objects that the simulator answers with. Tests check every answer against a schema of these types. */
import type Stripe from "stripe";

export type Account = Stripe.Account;
export type BalanceTransaction = Stripe.BalanceTransaction;
export type Charge = Stripe.Charge;
export type CheckoutSession = Stripe.Checkout.Session;
export type Coupon = Stripe.Coupon;
export type Customer = Stripe.Customer;
export type DeletedCustomer = Stripe.DeletedCustomer;
export type Dispute = Stripe.Dispute;
export type EarlyFraudWarning = Stripe.Radar.EarlyFraudWarning;
export type EventBase = Stripe.EventBase;
export type LineItem = Stripe.LineItem;
export type PaymentIntent = Stripe.PaymentIntent;
export type PaymentMethod = Stripe.PaymentMethod;
export type Price = Stripe.Price;
export type Product = Stripe.Product;
export type PromotionCode = Stripe.PromotionCode;
export type Refund = Stripe.Refund;
export type WebhookEndpoint = Stripe.WebhookEndpoint;
