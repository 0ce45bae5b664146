// What properties are tried on: ids as senders make them and consents.
import fc from 'fast-check';
import { idProblem } from '../../src/base/ids.ts';
import { CONSENT_LEVELS, type Consent } from '../../src/base/nouns.ts';

/** Any id that may name a message or a recipient. */
export const anyId: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 128 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.emailAddress(),
    fc.uuid(),
  )
  .filter((id) => idProblem(id) === undefined);

const anyLevel = fc.constantFrom(...CONSENT_LEVELS);

/** Any consent. */
export const anyConsent: fc.Arbitrary<Consent> = fc.record({ opens: anyLevel, clicks: anyLevel });
