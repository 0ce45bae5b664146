// The click map of a message: a page around a frame, and the frame's document.
import type { Context } from 'koa';
import { checkChoice } from '../base/options.ts';
import { clickMapPage, MAIL_WIDTHS } from '../pages/click-map-page.ts';
import { buildClickMap } from '../report/click-map.ts';
import { markMail } from '../report/mark-mail.ts';
import type { Store } from '../store/open-store.ts';
import { one } from './api-data.ts';
import { FRAME_POLICY, giveMail, givePage } from './give-page.ts';
import { answerNothingHere } from './make-koa.ts';
import { idOf, type PageContext, type PagePlace } from './page-place.ts';
import type { OpenSession } from './sessions.ts';

interface OfStore {
  readonly store: Store;
}

/** The page. */
export async function showClickMap(ctx: PageContext, of: PagePlace & OpenSession & OfStore): Promise<void> {
  const { csrf, root, store } = of;
  const variant = variantOf(ctx);
  const width = checkChoice(one(ctx.query.width) || 'desk', MAIL_WIDTHS, 'width');
  const map = await buildClickMap(store, { message: idOf(ctx), variant });
  const html = clickMapPage({ map, width, images: wantsImages(ctx), csrf, root });
  givePage(ctx, html, variant !== undefined && map.shown === null ? 404 : 200, FRAME_POLICY);
}

/** The frame's document. */
export async function showMail(ctx: PageContext, { store }: OfStore): Promise<void> {
  const { shown, links } = await buildClickMap(store, { message: idOf(ctx), variant: variantOf(ctx) });
  if (shown === null) return answerNothingHere(ctx);
  const images = wantsImages(ctx);
  giveMail(ctx, markMail(shown.mail, links, { images }), { images });
}

/** Which of the kept mails is asked for. */
function variantOf(ctx: Context): string | undefined {
  return one(ctx.query.mail) || undefined;
}

function wantsImages(ctx: Context): boolean {
  return one(ctx.query.images) === 'load';
}
