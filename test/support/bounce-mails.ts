// Bounce mails as mail servers write them, about a mail with the headers that it had.

export interface BounceOf {
  /** Headers of the mail that came back. */
  readonly headers: Readonly<Record<string, string>>;
  readonly action?: string;
  readonly status?: string;
  /** How the mail comes back: its headers alone (Postfix), or all of it (Exchange). */
  readonly returns?: 'headers' | 'mail' | 'nothing';
  readonly to?: string;
  readonly encoding?: 'base64';
  readonly date?: string;
}

/** A delivery status notification of RFC 3464. */
export function bounceMail(of: BounceOf): string {
  const { action = 'failed', status = '5.1.1', returns = 'headers', to = 'bounces@example.com', encoding } = of;
  const headers = ['From: News <news@example.com>', 'Subject: Spring sale', ...lines(of.headers)];
  const back = returns === 'mail' ? [...headers, '', '<p>Hello</p>'] : headers;
  const coded = encoding === 'base64' ? [Buffer.from(back.join('\r\n')).toString('base64')] : back;
  const parts = [
    [
      'Content-Type: text/plain; charset=us-ascii',
      '',
      'I am sorry to have to inform you that your message could not be delivered.',
    ],
    [
      ...['Content-Description: Delivery report', 'Content-Type: message/delivery-status', ''],
      ...['Reporting-MTA: dns; mail.example.net', 'Arrival-Date: Fri, 2 Jan 2026 09:00:00 +0000', ''],
      ...['Final-Recipient: rfc822; someone@example.net', `Action: ${action}`, `Status: ${status} (bad destination`],
      ...['  mailbox address)', 'Diagnostic-Code: smtp; 550 5.1.1 <b>unknown</b>', ''],
    ],
    ...(returns === 'nothing'
      ? []
      : [
          [
            `Content-Type: ${returns === 'mail' ? 'message/rfc822' : 'text/rfc822-headers'}`,
            ...(encoding === undefined ? [] : [`Content-Transfer-Encoding: ${encoding}`]),
            ...['', ...coded, ''],
          ],
        ]),
  ];
  return [
    ...['From: MAILER-DAEMON@mail.example.net (Mail Delivery System)', `To: ${to}`],
    ...['Subject: Undelivered Mail Returned to Sender', `Date: ${of.date ?? 'Fri, 2 Jan 2026 09:00:05 +0000'}`],
    ...['MIME-Version: 1.0', 'Content-Type: multipart/report; report-type=delivery-status;', '\tboundary="b/1"', ''],
    ...parts.flatMap((part) => ['--b/1', ...part]),
    ...['--b/1--', ''],
  ].join('\r\n');
}

/** Headers, folded as nodemailer folds them. */
function lines(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value.replace('<', '\r\n <')}`);
}
