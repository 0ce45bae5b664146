// The promise for whole messages: what is tracked is the decoded HTML, and every byte outside the changed parts stays.
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { TelltaleError } from '../../src/base/errors.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { openLinkToken } from '../../src/token/link-token.ts';
import { compileMime, type RewriteMimeOptions, rewriteMime } from '../../src/track/rewrite-mime.ts';
import { bodyOf, compose, htmlParts, leavesOf, message, outside, textOf } from '../support/eml.ts';
import { testRing } from '../support/keys.ts';
import { BASE_URL, MAIL_NAMES, pixelTokens, readMail, testTracker, trackedUrls } from '../support/mails.ts';
import { thrownBy } from '../support/thrown.ts';
import { uglyHtml } from '../support/ugly-html.ts';

const tracker = testTracker();
const key = createKeyRing(testRing()).signing();
const FOR_ONE = { message: 'spring-sale', recipient: 'r-42' } as const;
const ASCII = '<html><body><p>\n<a href="https://shop.example/?a=1&amp;b=2">Zum Shop</a></p></body></html>\n';
const HTML = '<html><body><p>Grüße, 你好 😀 <a href="https://shop.example/?a=1&amp;b=2">Zum Shop</a></p></body></html>';

function rewrite(raw: Buffer, options: Partial<RewriteMimeOptions> = {}) {
  return rewriteMime(tracker, raw, { ...FOR_ONE, ...options });
}

function codesOf({ notes }: { readonly notes: readonly { readonly code: string }[] }): readonly string[] {
  return notes.map(({ code }) => code);
}

/** Checks the promise, and that something was tracked in each HTML part. */
function expectExact(before: Buffer, after: Buffer): void {
  const sources = htmlParts(before);
  const results = htmlParts(after);
  expect(results).toHaveLength(sources.length);
  expect(outside(after, results)).toEqual(outside(before, sources));
  for (const [index, part] of sources.entries()) {
    const html = textOf(before, part) ?? '';
    const changed = textOf(after, results[index]);
    expect(changed).toBe(tracker.compile(html, { message: 'spring-sale' }).render('r-42').html);
    expect(changed).not.toBe(html);
  }
}

const ATTACHMENTS = [
  { filename: 'prices.html', content: '<a href="https://shop.example/">x</a>' },
  { filename: 'a.bin', content: Buffer.from([0, 1, 2, 255]) },
];
const IMAGE = { filename: 'logo.png', content: Buffer.from('89504e47', 'hex'), cid: 'logo' };

describe('a message that nodemailer builds', () => {
  const shapes = {
    'HTML alone': { html: HTML },
    'an alternative': { html: HTML, text: 'Shop: https://shop.example/' },
    'an alternative with a calendar': { html: HTML, text: 'x', icalEvent: { content: 'BEGIN:VCALENDAR' } },
    'an alternative in mixed': { html: HTML, text: 'x', attachments: ATTACHMENTS },
    'related in an alternative in mixed': { html: HTML, text: 'x', attachments: [...ATTACHMENTS, IMAGE] },
    'related alone': { html: HTML, attachments: [IMAGE] },
  };
  const encodings = ['quoted-printable', 'base64', '7bit'] as const;

  it.each(Object.entries(shapes).flatMap(([name, mail]) => encodings.map((encoding) => ({ name, mail, encoding }))))(
    'as $name in $encoding changes in its HTML part alone',
    async ({ mail, encoding }) => {
      const content = encoding === '7bit' ? ASCII : mail.html;
      const html = encoding === '7bit' ? content : { content, contentTransferEncoding: encoding };
      const raw = await compose({ ...mail, html });
      expect(htmlParts(raw)[0]?.encoding).toBe(encoding);
      const result = rewrite(raw);
      expectExact(raw, result.raw);
      expect(result.links).toMatchObject([
        { index: 0, destination: 'https://shop.example/?a=1&b=2', name: 'Zum Shop' },
      ]);
      const parsed = await simpleParser(result.raw);
      const expected = tracker.compile(content, { message: 'spring-sale' }).render('r-42').html;
      expect(String(parsed.html).trimEnd()).toBe(expected.trimEnd());
      expect(parsed.subject).toBe('Grüße');
      if (encoding !== '7bit') expect(Math.max(...longest(result.raw))).toBeLessThanOrEqual(76);
    },
  );

  it.each(MAIL_NAMES)('of the sample %s changes in its HTML part alone, in any encoding', async (name) => {
    for (const contentTransferEncoding of ['quoted-printable', 'base64'] as const) {
      const raw = await compose({ html: { content: readMail(name), contentTransferEncoding }, text: 'x' });
      expectExact(raw, rewrite(raw).raw);
    }
  });

  it('of any HTML changes as that HTML does', async () => {
    const anyEncoding = fc.constantFrom('quoted-printable', 'base64');
    await fc.assert(
      fc.asyncProperty(uglyHtml, anyEncoding, async (html, contentTransferEncoding) => {
        const raw = await compose({ html: { content: `<p>${html}`, contentTransferEncoding }, text: 'x' });
        const [source] = htmlParts(raw);
        const after = rewrite(raw).raw;
        const results = htmlParts(after);
        const written = textOf(raw, source) ?? '';
        expect(outside(after, results)).toEqual(outside(raw, htmlParts(raw)));
        expect(textOf(after, results[0])).toBe(
          tracker.compile(written, { message: 'spring-sale' }).render('r-42').html,
        );
      }),
    );
  });

  it('has its text part tracked on request, with the indexes of the HTML', async () => {
    const raw = await compose({
      html: HTML,
      text: 'Shop: https://shop.example/?a=1&b=2\nMore: https://shop.example/more\n',
    });
    const { raw: after, links } = rewrite(raw, { text: 'track' });
    const text = textOf(after, leavesOf(after)[0]);
    expect(trackedUrls(text ?? '')).toHaveLength(2);
    expect(text?.replaceAll(/https:\S+/g, 'URL')).toBe('Shop: URL\nMore: URL\n');
    expect(links).toMatchObject([
      { index: 0, part: '2' },
      { index: 1, part: '1', destination: 'https://shop.example/more' },
    ]);
    expect(outside(after, leavesOf(after))).toEqual(outside(raw, leavesOf(raw)));
  });

  it('is a few bytes larger for each recipient, and is read once for all', async () => {
    const raw = await compose({ html: HTML, attachments: ATTACHMENTS });
    const compiled = compileMime(tracker, raw, { message: 'spring-sale' });
    for (const recipient of ['r-42', 'another']) {
      expect(compiled.render(recipient).raw).toEqual(rewrite(raw, { recipient }).raw);
    }
    expect(compiled.sourceBytes + compiled.bytesAdded).toBe(compiled.render('x'.repeat(12)).raw.length);
  });
});

function longest(raw: Buffer): readonly number[] {
  return htmlParts(raw).flatMap((part) =>
    bodyOf(raw, part)
      .toString('latin1')
      .split('\r\n')
      .map(({ length }) => length),
  );
}

const QP = ['Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable', ''];
const LATIN = ['Content-Type: text/html; charset=ISO-8859-1', 'Content-Transfer-Encoding: 8bit', ''];

describe('a message written by hand', () => {
  it.each(['\n', '\r\n'])('keeps its line ends of %j, preamble and epilogue', (eol) => {
    const lines = ['Content-Type: multipart/mixed; boundary="b"', '', 'before', '--b', ...LATIN, '<p>Gr\xfc\xdfe'];
    const rest = ['<a href=https://shop.example/>x</a>', '--b', '', 'text https://shop.example/', '--b--', 'after', ''];
    const raw = message([...lines, ...rest], eol);
    expectExact(raw, rewrite(raw).raw);
  });

  it('keeps bytes of ISO-8859-1', () => {
    const raw = message([...LATIN, '<body>Gr\xfc\xdfe <a href="https://shop.example/\xfc">\xfc</a>']);
    const { raw: after, links } = rewrite(raw);
    expectExact(raw, after);
    expect(after.includes(Buffer.from('Gr\xfc\xdfe', 'latin1'))).toBe(true);
    expect(links).toMatchObject([{ name: 'ü', destination: 'https://shop.example/%C3%BC' }]);
  });

  it('keeps bytes that are not in the charset they claim', () => {
    const raw = message([
      'Content-Type: text/html; charset=utf-8',
      '',
      '<body>Gr\xfc\xdfe <a href="https://shop.example/">x</a>',
    ]);
    const result = rewrite(raw);
    expectExact(raw, result.raw);
    expect(codesOf(result)).toContain('charset-not-as-declared');
  });

  it('is rewritten where soft breaks stand inside an href', () => {
    const raw = message([
      ...QP,
      '<body>=20',
      'kept =41 line',
      '<a title=3D"x" href=3D"https://sh=',
      'op.example/=',
      'sale">Sale</a> and more=',
      ' untouched',
      '',
    ]);
    const after = rewrite(raw).raw;
    expectExact(raw, after);
    const lines = after.toString('latin1').split('\r\n');
    expect(lines).toEqual(expect.arrayContaining(['kept =41 line', ' untouched']));
    expect(lines.every(({ length }) => length <= 76)).toBe(true);
  });

  it('in base64 keeps its line length and its closing line break', () => {
    const html = Buffer.from(`<body>${'x'.repeat(200)}<a href="https://shop.example/">x</a>`).toString('base64');
    const raw = message([
      'Content-Type: text/html',
      'Content-Transfer-Encoding: BASE64',
      '',
      ...(html.match(/.{1,60}/g) ?? []),
      '',
    ]);
    const after = rewrite(raw).raw;
    expectExact(raw, after);
    const lines = bodyOf(after, htmlParts(after)[0]).toString().split('\r\n');
    expect(lines.at(-1)).toBe('');
    expect(lines.slice(0, -2).every(({ length }) => length === 60)).toBe(true);
  });

  it('without its closing boundary is rewritten to its end', () => {
    const raw = message([
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      ...QP,
      '<p><a href=3D"https://shop.example/">x</a>',
    ]);
    const result = rewrite(raw);
    expectExact(raw, result.raw);
    expect(codesOf(result)).toEqual(['boundary-not-closed']);
  });

  it('that says nothing of its type is text', () => {
    const raw = message(['Subject: x', '', '<a href="https://shop.example/">x</a>']);
    const result = rewrite(raw);
    expect(result.raw).toEqual(raw);
    expect(result.notes).toMatchObject([{ code: 'no-html-part', part: '1' }]);
  });

  it('without a body is left alone', () => {
    for (const raw of [message(['Content-Type: text/html']), message(['Content-Type: text/html', '', ''])]) {
      expect(rewrite(raw)).toMatchObject({ raw, links: [], notes: [{ code: 'no-html-part' }] });
    }
  });

  it('is left alone where nothing is to track', () => {
    const raw = message([...QP, '<p>=41 odd =', 'body <a href=3D"mailto:a@b.example">x</a>']);
    expect(rewrite(raw, { pixel: 'none' }).raw).toEqual(raw);
    expect(rewrite(raw, { consent: { opens: 'none', clicks: 'none' } }).raw).toEqual(raw);
  });

  it.each(['gbk', 'shift_jis', 'big5', 'euc-kr', 'iso-2022-jp'])(
    'in %s is rewritten between its characters',
    (charset) => {
      const text =
        { gbk: 'c4e3', shift_jis: '835cb1', big5: 'a4a4', 'euc-kr': 'b0a1', 'iso-2022-jp': '1b244224221b2842' }[
          charset
        ] ?? '';
      const character = Buffer.from(text, 'hex').toString('latin1');
      const html = `<body>${character}\r\n<a href="https://shop.example/">${character}</a>\r\n${character}`;
      const raw = message([`Content-Type: text/html; charset=${charset}`, '', html]);
      const result = rewrite(raw, { pixel: 'both' });
      expect(result.notes).toMatchObject([{ code: 'no-body-end' }]);
      const after = textOf(result.raw, htmlParts(result.raw)[0]) ?? '';
      expect(pixelTokens(after)).toHaveLength(2);
      expect(result.raw.toString('latin1').split(character)).toHaveLength(4);
      expect(trackedUrls(after)).toHaveLength(1);
    },
  );
});

const LINK = '<p><a href="https://shop.example/">x</a>';

describe('a part that is left alone', () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    [
      'signed',
      [
        'Content-Type: multipart/signed; boundary=b; protocol="application/pgp-signature"',
        '',
        '--b',
        ...LATIN,
        LINK,
        '--b',
        '',
        'sig',
        '--b--',
      ],
      'signed-part',
    ],
    [
      'encrypted',
      ['Content-Type: multipart/encrypted; boundary=b', '', '--b', ...LATIN, LINK, '--b--'],
      'encrypted-part',
    ],
    [
      'encrypted by S/MIME',
      ['Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m', '', 'MIAG'],
      'encrypted-part',
    ],
    [
      'signed inside S/MIME',
      ['Content-Type: application/x-pkcs7-mime; smime-type=signed-data', '', 'MIAG'],
      'signed-part',
    ],
    ['encrypted by inline PGP', [...LATIN, `${LINK}<pre>-----BEGIN PGP MESSAGE-----`], 'encrypted-part'],
    ['signed by inline PGP', [...LATIN, `${LINK}<pre>`, '-----BEGIN PGP SIGNED MESSAGE-----'], 'signed-part'],
    ['an attachment', ['Content-Disposition: attachment', ...LATIN, LINK], 'attachment'],
    ['a named file', ['Content-Disposition: inline; filename=a.html', ...LATIN, LINK], 'attachment'],
    ['an attached message', ['Content-Type: message/rfc822', '', ...LATIN, LINK], 'attached-message'],
    ['AMP', ['Content-Type: text/x-amp-html', '', LINK], 'amp-part'],
    ['for watches', ['Content-Type: text/watch-html', '', LINK], 'amp-part'],
    ['in UTF-16', ['Content-Type: text/html; charset=utf-16le', '', LINK], 'charset-not-supported'],
    ['in a charset nobody knows', ['Content-Type: text/html; charset=x-unknown', '', LINK], 'charset-not-supported'],
    [
      'in bytes that are not Shift_JIS',
      ['Content-Type: text/html; charset=shift_jis', '', `${LINK}\x82\x5c`],
      'charset-not-supported',
    ],
    [
      'in an encoding nobody knows',
      ['Content-Type: text/html', 'Content-Transfer-Encoding: x-uuencode', '', LINK],
      'encoding-not-supported',
    ],
    [
      'in base64 that is none',
      ['Content-Type: text/html', 'Content-Transfer-Encoding: base64', '', LINK],
      'encoding-not-supported',
    ],
    ['of two types', ['Content-Type: text/plain', 'Content-Type: text/html', '', LINK], 'malformed-part'],
    ['without a boundary', ['Content-Type: multipart/alternative', '', '--b', ...LATIN, LINK], 'malformed-part'],
  ];

  it.each(cases)('%s has a note and keeps its bytes', (_, lines, code) => {
    const alone = message(lines);
    const inMixed = message(['Content-Type: multipart/mixed; boundary=outer', '', '--outer', ...lines, '--outer--']);
    for (const raw of [alone, inMixed]) {
      const result = rewrite(raw, { text: 'track' });
      expect(result.raw).toEqual(raw);
      expect(codesOf(result)).toContain(code);
      expect(result.links).toEqual([]);
    }
  });

  it('does not keep others from being tracked', () => {
    const signed = ['Content-Type: multipart/signed; boundary=c', '', '--c', ...LATIN, LINK, '--c--', ''];
    const raw = message([
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      ...signed,
      '--b',
      ...LATIN,
      `${LINK} 2`,
      '--b--',
    ]);
    const result = rewrite(raw);
    expect(result.links).toMatchObject([{ part: '2' }]);
    expect(result.notes).toMatchObject([{ code: 'signed-part', part: '1', severity: 'warning' }]);
    expect(trackedUrls(result.raw.toString('latin1'))).toHaveLength(1);
  });

  it('is the HTML that another part shows', () => {
    const frame = ['Content-ID: <frame>', ...LATIN, `${LINK} frame`];
    const raw = message([
      'Content-Type: multipart/related; start="<root>"; boundary=b',
      '',
      '--b',
      ...frame,
      '--b',
      'Content-ID: <root>',
      ...LATIN,
      LINK,
      '--b--',
    ]);
    const result = rewrite(raw);
    expect(result.links).toMatchObject([{ part: '2' }]);
    expect(result.notes).toMatchObject([{ code: 'related-part', part: '1' }]);
  });
});

describe('several HTML parts', () => {
  const two = (type: string): Buffer =>
    message([`Content-Type: ${type}; boundary=b`, '', '--b', ...LATIN, LINK, '--b', ...LATIN, `${LINK} 2`, '--b--']);

  it('shown together have one pixel, and all links are tracked', () => {
    const { raw, links } = rewrite(two('multipart/mixed'));
    expect(pixelTokens(raw.toString('latin1'))).toHaveLength(1);
    expect(links.map(({ part }) => part)).toEqual(['1', '2']);
  });

  it('of which one is shown have a pixel each', () => {
    expect(pixelTokens(rewrite(two('multipart/alternative')).raw.toString('latin1'))).toHaveLength(2);
  });
});

describe('headers of a message', () => {
  const body = [...LATIN, LINK];

  it.each(['DKIM-Signature: v=1', 'ARC-Seal: i=1', 'DomainKey-Signature: a=b'])(
    '%s is noted when the body changes',
    (header) => {
      const raw = message([header, ...body]);
      expect(rewrite(raw).notes).toMatchObject([{ code: 'dkim-will-break', severity: 'warning', part: '' }]);
      expect(codesOf(rewrite(message([header, '', 'text'])))).not.toContain('dkim-will-break');
    },
  );

  it('are returned for a way out, and put in only on request', () => {
    const raw = message(['Subject: x', ...body], '\n');
    const { raw: plain, headers } = rewrite(raw);
    expect(Object.keys(headers)).toEqual(['List-Unsubscribe', 'List-Unsubscribe-Post']);
    expect(plain.toString()).not.toContain('List-Unsubscribe');
    const added = rewrite(raw, { addHeaders: true }).raw.toString();
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
    expect(added).toBe(plain.toString().replace('8bit\n', `8bit\n${lines.join('')}`));
  });

  it('stay the only ones where the message names its own way out, which is not tracked', () => {
    const own = ['List-Unsubscribe: <mailto:x@shop.example>,', '\t<https://shop.example/>'];
    const result = rewrite(message([...own, ...body]), { addHeaders: true });
    expect(result.headers).toEqual({});
    expect(result.links).toEqual([]);
    expect(codesOf(result)).toEqual(['unsubscribe-link']);
    expect(result.raw.toString().match(/List-Unsubscribe/g)).toHaveLength(1);
  });

  it('are none without a recipient', () => {
    expect(rewrite(message(body), { recipient: null }).headers).toEqual({});
  });
});

describe('a text that is format=flowed', () => {
  const HEADER = 'Content-Type: text/plain; charset=utf-8; format=flowed';

  /** What a mail program shows of it, its URLs opened: `[destination]`. */
  async function shown(raw: Buffer): Promise<string> {
    const text = (await simpleParser(raw)).text ?? '';
    return trackedUrls(text).reduce((marked, { url, l }) => {
      const link = openLinkToken(key, 'spring-sale', l);
      return marked.replace(url, `[${link.ok ? link.link.destination : link.reason}]`);
    }, text);
  }

  it.each([
    [
      'broken inside',
      '; delsp=yes',
      'See https://a.example/lo \r\nng/pa \r\nth now \r\n.',
      'See [https://a.example/long/path] now.',
    ],
    ['broken behind', '; delsp=yes', 'https://a.example/b  \r\nc', '[https://a.example/b] c'],
    ['broken behind its last letter', '; delsp=yes', '"https://a.example/b \r\n" c', '"[https://a.example/b]" c'],
    ['broken in brackets', '; delsp=yes', '<https://a.exa \r\nmple/b>', '<[https://a.example/b]>'],
    ['at the end of a soft line', '', 'See https://a.example/b \r\nand more', 'See [https://a.example/b] and more'],
    ['behind a stuffed blank', '', 'See \r\n https://a.example/b', 'See [https://a.example/b]'],
    ['before a signature', '; delsp=yes', 'https://a.example/b\r\n-- \r\nAnn', '[https://a.example/b]\n-- \nAnn'],
    ['of a way out', '', 'To unsubscribe, go \r\nto https://a.example/b', 'To unsubscribe, go to https://a.example/b'],
  ])('has a URL %s tracked as a reader sees it', async (_, parameters, text, expected) => {
    for (const encoding of ['7bit', 'quoted-printable', 'base64'] as const) {
      const body = {
        '7bit': text,
        'quoted-printable': text.replaceAll(' \r\n', '=20\r\n'),
        base64: Buffer.from(text).toString('base64'),
      }[encoding];
      const raw = message([HEADER + parameters, `Content-Transfer-Encoding: ${encoding}`, '', body]);
      expect([encoding, await shown(rewrite(raw, { text: 'track' }).raw)]).toEqual([encoding, expected]);
    }
  });

  it('keeps its quotes, and the breaks that no URL is broken by', () => {
    const raw = message([
      `${HEADER}; delsp=yes`,
      '',
      '> kept  ',
      '> See https://a.exam ',
      '> ple/b or  ',
      '> more',
      '> or less ',
      '',
    ]);
    const lines = rewrite(raw, { text: 'track' })
      .raw.toString('latin1')
      .replace(/https:\S+/, 'URL')
      .split('\r\n');
    expect(lines.slice(2)).toEqual(['> kept  ', '> See URL or  ', '> more', '> or less ', '']);
  });

  it('is left alone where a line of it begins a PGP message', () => {
    const raw = message([HEADER, '', 'https://a.example/b ', '-----BEGIN PGP SIGNED MESSAGE-----', '']);
    const result = rewrite(raw, { text: 'track' });
    expect(result.raw).toEqual(raw);
    expect(codesOf(result)).toContain('signed-part');
  });
});

describe('notes of a message', () => {
  it('name the part, and the line in its decoded text', () => {
    const raw = message([
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      ...QP,
      '<p>=',
      '<b>',
      '<a href=3D"">x</a>',
      '--b--',
    ]);
    expect(rewrite(raw).notes).toMatchObject([{ code: 'empty-href', part: '1', line: 2, column: 1 }]);
  });

  it('speak of a line that a change makes too long, and of no other', () => {
    const long = 'x'.repeat(900);
    expect(codesOf(rewrite(message([...LATIN, LINK + long])))).toEqual(['line-too-long']);
    expect(codesOf(rewrite(message([...LATIN, LINK, long])))).toEqual([]);
    expect(codesOf(rewrite(message([...LATIN, LINK + long + long])))).toEqual([]);
    expect(codesOf(rewrite(message([...QP, LINK.replace('=', '=3D') + long])))).toEqual([]);
  });
});

describe('rewriteMime', () => {
  it('takes a string for its UTF-8', () => {
    const text = `Content-Type: text/html; charset=utf-8\n\n<p>ü ${LINK}`;
    expect(rewriteMime(tracker, text, FOR_ONE).raw).toEqual(rewrite(Buffer.from(text)).raw);
  });

  it.each<[string, () => unknown]>([
    ['an unknown option', () => rewrite(message([]), { ...({ unknown: 1 } as object) })],
    ['a bad choice', () => rewrite(message([]), JSON.parse('{"text":"maybe"}'))],
    ['no message', () => rewrite(message([]), { message: '' })],
    ['a bad recipient', () => rewrite(message([]), { recipient: '' })],
    ['a number for a message', () => rewriteMime(tracker, JSON.parse('1'), FOR_ONE)],
  ])('refuses %s', (_, act) => {
    expect(thrownBy(act)).toBeInstanceOf(TelltaleError);
  });

  it('never throws for what a message holds, and keeps its headers', () => {
    const pieces = [
      'Content-Type: ',
      'multipart/mixed',
      'text/html',
      '; boundary=b',
      '\n',
      '\r\n',
      '--b',
      '--b--',
      '\n\n',
      'Content-Transfer-Encoding: ',
      'base64',
      'quoted-printable',
      LINK,
      '=',
      '"',
      '(',
      '\xe9',
      '\0',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (list) => {
        const raw = Buffer.from(list.join(''), 'latin1');
        const result = rewrite(raw, { text: 'track' });
        if (result.links.length === 0 && pixelTokens(result.raw.toString('latin1')).length === 0) return;
        expect(result.raw.length).toBeGreaterThan(raw.length);
        expect(outside(result.raw, leavesOf(result.raw))).toEqual(outside(raw, leavesOf(raw)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('tracks under the base URL of its tracker', () => {
    expect(rewrite(message([...LATIN, LINK])).raw.toString()).toContain(`href="${BASE_URL}/c/`);
  });
});
