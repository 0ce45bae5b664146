// What mail servers and providers say of a mail that was handed over, by one set of names whoever says it (those of
// django-anymail), and what is needed of a store to keep it. Declared here, where it is used.

/** `bounced` is for good; of what is `deferred` another try will be made. */
export const DELIVERY_EVENTS = ['delivered', 'bounced', 'complained', 'deferred'] as const;
export type DeliveryEvent = (typeof DELIVERY_EVENTS)[number];

export interface Delivery {
  /** The name of this event with whoever tells it; the same name counts once. Without one, what it says counts once. */
  readonly id: string | null;
  readonly message: string;
  readonly recipient: string;
  readonly event: DeliveryEvent;
  readonly atMs: number;
  /** Whether anybody said when it was; otherwise `atMs` is when it was told, and no rule goes by it. */
  readonly isTimed: boolean;
  /** Of a bounce: the address takes no mail, now or later. */
  readonly isHard: boolean;
}

/** What became of an event: of an erased recipient nothing is kept. */
export type DeliveryOutcome = 'accepted' | 'duplicate' | 'erased';

export interface DeliveryStore {
  /** Keeps what was said, in this order; what became of each, in the same order. */
  recordDeliveries(deliveries: readonly Delivery[]): Promise<readonly DeliveryOutcome[]>;
}
