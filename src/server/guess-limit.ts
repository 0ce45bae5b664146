// Slows those down who guess API tokens: so many wrong ones from one address, then no more for a while, right or wrong.
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { guessesMax, guessWindowMs } from '../base/limits.ts';

export interface GuessLimit {
  /** Seconds until the address may try again; 0 when it may now. */
  secondsLeft(address: string): Promise<number>;
  /** Counts a wrong token. */
  count(address: string): Promise<void>;
}

export function makeGuessLimit(): GuessLimit {
  const limiter = new RateLimiterMemory({ points: guessesMax, duration: guessWindowMs / 1_000 });
  return {
    async secondsLeft(address) {
      const state = await limiter.get(placeOf(address));
      return state !== null && state.consumedPoints >= guessesMax ? Math.ceil(state.msBeforeNext / 1_000) : 0;
    },
    async count(address) {
      await limiter.penalty(placeOf(address));
    },
  };
}

/** An IPv6 address stands for its network of 64 bits, which one guesser has whole. */
function placeOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  return ipaddr.IPv6.parse(address).toNormalizedString().split(':').slice(0, 4).join(':');
}
