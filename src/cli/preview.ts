// `telltale send --preview`: the first mails of a mailing in a browser, as they would be sent. Nothing is sent or recorded.
import type { KeptMail } from '../base/kept-mail.ts';
import { checkChoice } from '../base/options.ts';
import type { SendResult } from '../mail/index.ts';
import { MAIL_WIDTHS } from '../pages/click-map-page.ts';
import { type PreviewedMail, previewPage } from '../pages/preview-page.ts';
import { markMail } from '../report/mark-mail.ts';
import { one } from '../server/api-data.ts';
import { makeFront } from '../server/front.ts';
import { FRAME_POLICY, giveMail, givePage, seeOther } from '../server/give-page.ts';
import { listen } from '../server/listen.ts';
import { answerNothingHere, makeKoa } from '../server/make-koa.ts';
import type { KeyRing } from '../token/key-ring.ts';
import type { CompiledMail } from '../track/compiled-mail.ts';
import { readFinishedMail } from '../track/finished-mail.ts';
import { type Io, say, writeOut } from './io.ts';
import type { CaughtMail } from './mail-catcher.ts';

export interface Preview {
  readonly mail: CompiledMail;
  readonly keys: KeyRing;
  readonly caught: ReadonlyMap<string, CaughtMail>;
  /** What came of each row that was looked at. */
  readonly results: readonly SendResult[];
  readonly total: number;
}

/** Serves the mails on this machine until the person ends it. */
export async function servePreview(preview: Preview, io: Io): Promise<void> {
  const { mail, total } = preview;
  const shown = [...preview.results].sort((a, b) => a.row - b.row).map((result) => show(result, preview));
  const mails = shown.map(({ previewed }) => previewed);
  const warnings = mail.notes
    .filter(({ severity }) => severity !== 'info')
    .map(({ line, message }) => `Line ${line}: ${message}`);
  const app = makeKoa(makeFront([]), (error) => say(io, String(error)));
  app.use(async (ctx) => {
    const [, number = '', part] = /^\/(\d{0,3})(\/mail)?$/.exec(ctx.path) ?? [];
    const place = Number(number) - 1;
    const images = one(ctx.query.images) === 'load';
    if (ctx.path === '/') return seeOther(ctx, '1');
    const kept = shown[place]?.kept;
    if (kept === undefined || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return answerNothingHere(ctx);
    if (part !== undefined) {
      const links = kept.links.map((link) => ({ ...link, human: 0, total: 0, share: null }));
      return giveMail(ctx, markMail(kept, links, { images }), { images });
    }
    const width = checkChoice(one(ctx.query.width) || 'desk', MAIL_WIDTHS, 'width');
    const page = previewPage({ message: mail.message, mails, shown: place, total, width, images, warnings });
    givePage(ctx, page, 200, FRAME_POLICY);
  });
  const listening = await listen({ host: '127.0.0.1', port: 0 }, () => app.callback());
  const ended = new Promise<void>((resolve) => {
    const release = io.onInterrupt?.(() => {
      release?.();
      resolve();
    });
    if (release === undefined) resolve();
  });
  say(io, `The first ${mails.length} of ${total}. Ctrl-C ends it.`);
  await writeOut(io, `preview on ${listening.url}/\n`);
  await ended;
  await listening.close();
}

function show({ email, status, message }: SendResult, { mail, keys, caught }: Preview) {
  const sent = caught.get(email);
  const destinations = new Map(mail.links.map(({ index, destination }) => [index, destination]));
  const kept: KeptMail = readFinishedMail(sent?.html ?? '', keys, destinations);
  const names = new Map(mail.links.map(({ index, name }) => [index, name]));
  const previewed: PreviewedMail = {
    to: email,
    subject: sent?.subject ?? '',
    headers: sent?.headers ?? '',
    text: sent?.text ?? '',
    bytes: Buffer.byteLength(sent?.html ?? ''),
    links: kept.links.map(({ index, destination }) => ({ index, destination, name: names.get(index) ?? '' })),
    problem: status === 'sent' ? null : message,
  };
  return { previewed, kept };
}
