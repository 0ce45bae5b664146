// Two collectors with directories of their own over one database: what is withdrawn at one holds at the other.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';

let here: TestService;
let there: TestService;
beforeAll(async () => {
  here = await startTestService({});
  there = await startTestService({ databaseUrl: here.store.url, keys: here.keys });
});
afterAll(async () => {
  await there.end();
  await here.end();
});

/** How the other collector answers the pixel of a recipient. */
function openThere(html: string): Promise<string | readonly string[] | undefined> {
  const { pathname } = new URL(urlIn(html, 'o'));
  return ask(there.url + pathname).then(({ headers }) => headers['telltale-ignored']);
}

it('a withdrawal told at one collector silences hits at another within its looks at the store', async () => {
  const { token } = await here.store.createApiToken('write');
  const mail = here.tracker.compile('<body><a href="https://shop.example/">x</a></body>', { message: 'm' });
  const { html } = mail.render('r1');
  expect(await openThere(html)).toBeUndefined();
  const withdrawn = { opens: 'none', clicks: 'none', purpose: 'open tracking', source: 'preference form' };
  const answer = await ask(`${here.url}/api/v1/recipients/r1/consent`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(withdrawn),
  });
  expect(answer.status).toBe(200);
  await expect.poll(() => openThere(html), { timeout: 5_000 }).toBe('consent');
  const before = there.journal.counts().received;
  expect(await openThere(html)).toBe('consent');
  const click = await ask(there.url + new URL(urlIn(html, 'c')).pathname);
  expect([click.status, click.headers['location'], click.headers['telltale-ignored']]).toEqual([
    ...[302, 'https://shop.example/', 'consent'],
  ]);
  expect(there.journal.counts().received).toBe(before);
  // Another recipient is heard as before.
  expect(await openThere(mail.render('r2').html)).toBeUndefined();
});

it('one who stops the tracking on a page of one collector is silent at the other', async () => {
  const mail = here.tracker.compile('<body>x', { message: 'm' });
  const { html } = mail.render('r3');
  expect(await openThere(html)).toBeUndefined();
  const page = await ask(here.url + new URL(mail.preferencesUrl('r3')).pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'preferences=stop-tracking',
  });
  expect(page.status).toBe(200);
  await expect.poll(() => openThere(html), { timeout: 5_000 }).toBe('consent');
});
