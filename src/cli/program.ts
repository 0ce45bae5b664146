// The commands with their options and help, examples first. Each is loaded when it is called: rewriting a mail loads no
// server and no database.
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { ATTRIBUTION_MODELS } from '../base/conversion.ts';
import { SCOPES, SUPPRESSION_REASONS } from '../base/nouns.ts';
import { packageRoot } from '../base/package-root.ts';
import { withAdornment } from './adornment-flags.ts';
import type { Io } from './io.ts';

type SetStatus = (status: number) => void;

/** Builds the program; `setStatus` takes the exit status of commands that have more than done and failed. */
export function buildProgram(io: Io, setStatus: SetStatus): Command {
  const program = new Command('telltale')
    .description('E-mail open and click tracking: rewrite mail, collect hits, report what they mean.')
    .version(version(), '-v, --version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('(telltale COMMAND --help shows how)')
    .addHelpText('before', PROGRAM_EXAMPLES);
  addRewrite(program, io, setStatus);
  addCheck(program, io, setStatus);
  addSend(program, io, setStatus);
  addServe(program, io, setStatus);
  addSettle(program, io, setStatus);
  addStream(program, io, setStatus);
  addReport(program, io);
  addCompare(program, io);
  addClassify(program, io, setStatus);
  addInspect(program, io, setStatus);
  addKeys(program, io);
  addTokens(program, io);
  addRevoke(program, io);
  addLinks(program, io);
  addNetworks(program, io, setStatus);
  addRelabel(program, io);
  addMigrate(program, io);
  addRetain(program, io, setStatus);
  addDoctor(program, io, setStatus);
  addErase(program, io, setStatus);
  addSuppressions(program, io);
  addBounces(program, io);
  addExport(program, io, setStatus);
  addWebhooks(program, io);
  addDemo(program, io, setStatus);
  return program;
}

const PROGRAM_EXAMPLES = `Examples:
  telltale demo
  telltale rewrite mail.html --message spring-sale --recipient r1 --base-url https://t.example.com > tracked.html
  telltale serve --base-url https://t.example.com
  telltale report spring-sale
`;

/** A command with its examples on top of its help and the options all commands take. */
function command(parent: Command, name: string, description: string, examples: string): Command {
  return parent
    .command(name)
    .description(description)
    .addHelpText('before', `Examples:\n${examples.trim().replace(/^ */gm, '  ')}\n`)
    .option('--json', 'print JSON')
    .option('--quiet', 'print data only, no words')
    .option('--data <dir>', 'data directory (TELLTALE_DATA, default ./telltale-data)')
    .option('--database <url>', 'where events are stored (TELLTALE_DATABASE, default sqlite: in the data directory)')
    .option('--base-url <url>', 'the https address where the collector answers (TELLTALE_BASE_URL)');
}

function addRewrite(program: Command, io: Io, setStatus: SetStatus): void {
  withAdornment(
    command(
      program,
      'rewrite',
      'Give HTML mails tracked links and a pixel, for one recipient or many.',
      `telltale rewrite mail.html --message spring-sale --recipient r1 --base-url https://t.example.com
     telltale rewrite mail.html --message spring-sale --recipients list.csv --out out/
     telltale rewrite mail.html --message spring-sale --recipients list.csv --out out/ --resume
     telltale rewrite mail.html --message spring-sale --recipients list.csv --mbox spring-sale.mbox
     telltale rewrite mail.html --message spring-sale --recipients list.csv --out out/ --links short
     telltale rewrite mail.html --message spring-sale --merge liquid --placeholder '{{ telltale }}' --recipients list.csv --out out/
     cat mail.html | telltale rewrite - --message spring-sale --recipients list.ndjson --json`,
    ),
  )
    .argument('[file...]', 'HTML files, or messages in .eml files; - or nothing reads one from stdin')
    .requiredOption('--message <id>', 'your own id of the mailing')
    .option('--recipient <id>', 'your own id of the recipient')
    .option('--recipients <file>', 'a .csv with a column "recipient", or a .ndjson of { "recipient": … }')
    .option('--out <dir>', 'write <recipient>.html (or .eml) files and manifest.ndjson there')
    .addOption(new Option('--mbox <file>', 'write all mails into one mbox').conflicts(['out', 'json']))
    .option('--merge <engine>', 'leave tags alone that liquid, handlebars, mailchimp, or "[[ ]]" will expand')
    .option('--placeholder <tag>', 'write a template with your merge variable for the recipient, and tokens.csv')
    .option('--resume', 'go on with an interrupted --out')
    .option('--force', 'overwrite files that exist; break DKIM signatures of .eml files')
    .addOption(
      new Option('--pixel <place>', 'where the pixel goes').choices(['top', 'bottom', 'both', 'placeholder', 'none']),
    )
    .addOption(
      new Option('--links <form>', 'short links stand in the database; the collector needs it to redirect')
        .choices(['self-contained', 'short'])
        .default('self-contained'),
    )
    .action(async (files: string[], flags) => {
      const { rewrite } = await import('./rewrite.ts');
      setStatus(await rewrite(files, flags, io));
    });
}

function addCheck(program: Command, io: Io, setStatus: SetStatus): void {
  withAdornment(
    command(
      program,
      'check',
      'Say what would be tracked in a mail, what not and why, and its size before and after.',
      `telltale check mail.html
     telltale check *.html --json
     telltale check mail.html --utm-source newsletter --utm-content '{link.name}'`,
    ),
  )
    .argument('[file...]', 'HTML files, or messages in .eml files; - or nothing reads one from stdin')
    .option('--message <id>', 'your own id of the mailing, for {message} in UTM parameters (default: check)')
    .action(async (files: string[], flags) => {
      const { check } = await import('./check.ts');
      setStatus((await check(files, flags, io)) ? 0 : 1);
    });
}

function addSend(program: Command, io: Io, setStatus: SetStatus): void {
  withAdornment(
    command(
      program,
      'send',
      'Send a mail to a list: merged, tracked, nobody twice. Run it again to go on after an interruption.',
      `TELLTALE_SMTP=smtps://user:password@smtp.example.com telltale send --html mail.html --subject 'Hello {{ name }}' \\
       --from 'News <news@example.com>' --message spring-sale --recipients list.csv
     telltale send … --preview
     telltale send … --test you@example.com
     telltale send … --dry-run out/`,
    ),
  )
    .requiredOption('--html <file>', 'the HTML mail; {{ … }} and {% … %} are merged for each recipient (Liquid)')
    .option('--text <file>', 'the text part (default: made of the HTML)')
    .requiredOption('--subject <text>', 'the subject; may hold merge tags')
    .requiredOption('--from <address>', 'the sender, like "News <news@example.com>"; the name may hold merge tags')
    .option('--reply-to <address>', 'where answers go')
    .requiredOption('--message <id>', 'your own id of the mailing; nobody gets it twice')
    .requiredOption('--recipients <file>', 'a .csv with a column "email", or a .ndjson; other columns are merge fields')
    .addOption(
      new Option(
        '--test <address>',
        'send one mail, merged for the first recipient, to that address; it is in no report',
      ).conflicts('dryRun'),
    )
    .addOption(
      new Option(
        '--preview',
        'send nothing: show the first ten mails in a browser, their links marked; Ctrl-C ends it',
      ).conflicts(['dryRun', 'test']),
    )
    .option('--dry-run <dir>', 'send nothing: write each mail into that directory as an .eml file')
    .addOption(
      new Option('--again <which...>', 'send anew what the server refused, or what is in doubt').choices([
        'refused',
        'doubtful',
      ]),
    )
    .option(
      '--api <url>',
      'register sends over the API of a collector elsewhere (TELLTALE_API_TOKEN), not in a database; what it has not taken waits in the data directory',
    )
    .option('--connections <number>', 'connections to the mail server, 1 to 100 (default: 5)')
    .option('--dkim-domain <domain>', 'sign with DKIM for that domain')
    .option('--dkim-selector <name>', 'the selector of its key')
    .option('--dkim-key <file>', 'its private key, PEM')
    .option('--yes', 'do not ask before mailing more than 50')
    .action(async (flags) => {
      const { send } = await import('./send.ts');
      setStatus(await send(flags, io));
    });
}

/** The options that name a stream. */
function withStreamOptions(of: Command): Command {
  return of
    .option(
      '--stream <servers>',
      'NATS servers with JetStream, between collectors and database: nats://a,b,c or tls://…, with user:password@ or token@ (TELLTALE_STREAM, default none)',
    )
    .option('--stream-credentials <file>', 'a file of NATS credentials (TELLTALE_STREAM_CREDENTIALS, default none)')
    .option(
      '--stream-replicas <number>',
      'servers that keep each hit, 1 to 5 (TELLTALE_STREAM_REPLICAS, default 3 in a cluster, else 1)',
    );
}

function addSettle(program: Command, io: Io, setStatus: SetStatus): void {
  withStreamOptions(
    command(
      program,
      'settle',
      'Settle what collectors put into a stream into the database; any number may run.',
      'telltale settle --stream nats://nats-1,nats-2,nats-3',
    ),
  )
    .option(
      '--repeat-window <ms>',
      'milliseconds in which the same request of the same place counts once, at most 900000 (TELLTALE_REPEAT_WINDOW, default 0: each counts)',
    )
    .option(
      '--metrics-port <port>',
      'port for /metrics, /healthz and /readyz, 0 picks one (TELLTALE_METRICS_PORT, default none)',
    )
    .option('--host <host>', 'address to listen on there (TELLTALE_HOST, default 127.0.0.1)')
    .option('--host-name <names...>', 'more names under which it answers there')
    .action(async (flags) => setStatus(await (await import('./settle.ts')).settle(flags, io)));
}

function addStream(program: Command, io: Io, setStatus: SetStatus): void {
  const stream = program.command('stream').description('What the stream holds back: parked hits, and gaps.');
  const parked = stream.command('parked').description('Hits that could never be settled.');
  withStreamOptions(
    command(parked, 'list', 'List them, with why.', 'telltale stream parked list --stream nats://nats-1'),
  ).action(async (flags) => (await import('./stream.ts')).listParkedCommand(flags, io));
  withStreamOptions(
    command(parked, 'replay', 'Try to settle them now.', 'telltale stream parked replay --stream nats://nats-1'),
  ).action(async (flags) => setStatus(await (await import('./stream.ts')).replayParkedCommand(flags, io)));
  command(
    stream,
    'accept-gap',
    'Go on behind hits that are lost; a settler that waits for them says which.',
    'telltale stream accept-gap 0b6f0c4e-2d51-4c0e-9a63-0f6c7a9b1d22#3 4711',
  )
    .argument('<journal>', 'the journal and its partition')
    .argument('<place>', 'the place before the hits that wait')
    .action(async (journal: string, place: string, flags) =>
      (await import('./stream.ts')).acceptGapCommand(journal, place, flags, io),
    );
}

function addServe(program: Command, io: Io, setStatus: SetStatus): void {
  withStreamOptions(
    withAges(
      command(
        program,
        'serve',
        'Run the collector, the pages and the API.',
        `telltale serve --base-url https://t.example.com
     telltale serve --stream nats://nats-1,nats-2,nats-3 --forward-only
     telltale serve --port 0 --json`,
      ),
    ),
  )
    .option(
      '--forward-only',
      'put hits into the stream and settle none; a database is opened only where one is named, for what is revoked and for short links',
    )
    .option('--port <port>', 'port to listen on, 0 picks one (TELLTALE_PORT, default 8080)')
    .option('--host <host>', 'address to listen on (TELLTALE_HOST, default 127.0.0.1)')
    .option(
      '--trusted-proxies <proxies>',
      'whose X-Forwarded-For is believed: a number of proxies, or addresses and loopback, private (TELLTALE_TRUSTED_PROXIES, default none)',
    )
    .option(
      '--workers <number>',
      'processes that answer, 1 to 64, beside one that keeps the database (default: 1 for all)',
    )
    .option(
      '--admin-port <port>',
      'port on 127.0.0.1 for the pages, the API and /metrics, 0 picks one; the other port then answers readers of mail alone (default: one port for all)',
    )
    .option(
      '--asn-database <file>',
      'a database of network numbers in MaxMind’s format, for addresses in no list (TELLTALE_ASN_DATABASE, default none)',
    )
    .option(
      '--reverse-dns [servers]',
      'ask for the names of readers’ addresses after they were answered, which sends their addresses to the DNS servers of this machine, or to these (TELLTALE_REVERSE_DNS, default off)',
    )
    .option('--host-name <names...>', 'more names to answer under, besides the base URL and loopback; others get 421')
    .option(
      '--repeat-window <ms>',
      'milliseconds in which the same request of the same place counts once, at most 900000 (TELLTALE_REPEAT_WINDOW, default 0: each counts)',
    )
    .option(
      '--attribution-days <days>',
      'days before a conversion in which clicks count, 1 to 365 (TELLTALE_ATTRIBUTION_DAYS, default 7)',
    )
    .option(
      '--attribution-clicks <which>',
      'clicks that conversions are attributed to: human, or all (TELLTALE_ATTRIBUTION_CLICKS, default human)',
    )
    .action(async (flags) => setStatus(await (await import('./serve.ts')).serve(flags, io)));
}

function addReport(program: Command, io: Io): void {
  command(
    program,
    'report',
    'Report on all messages, or on one.',
    `telltale report
     telltale report spring-sale
     telltale report spring-sale --tz Europe/Berlin
     telltale report spring-sale --csv > spring-sale.csv
     telltale report spring-sale --html spring-sale.html --tz Europe/Berlin
     telltale report spring-sale --who clicked --not converted --csv > next.csv`,
  )
    .argument('[message]', 'the id of a message')
    .addOption(new Option('--csv', 'print CSV').conflicts(['json', 'html']))
    .option('--html <file>', 'write the report of a message as a page that opens without a network')
    .addOption(
      new Option('--tz <zone>', 'time zone of hours and days, like Europe/Berlin (default: UTC)').conflicts([
        'json',
        'csv',
      ]),
    )
    .addOption(
      new Option(
        '--who <did...>',
        'print recipients who did all of this: sent, opened, clicked, clicked:LINK, converted; @MESSAGE for another message',
      ).conflicts(['html']),
    )
    .addOption(new Option('--not <did...>', 'and none of this').conflicts(['html']))
    .option('--machines', 'with --who: what machines opened and clicked counts, too')
    .option(
      '--recipients <file>',
      'with --who: print the rows of that list whose recipient is among them, to be sent to',
    )
    .option('--force', 'overwrite the file of --html')
    .addOption(
      new Option('--attribution <model>', 'to which clicks conversions are attributed (default: last)').choices([
        ...ATTRIBUTION_MODELS,
      ]),
    )
    .action(async (message: string | undefined, flags) => (await import('./report.ts')).report(message, flags, io));
}

function addCompare(program: Command, io: Io): void {
  command(
    program,
    'compare',
    'Compare two messages: how far their open and click rates are apart, and how sure that is.',
    'telltale compare subject-a subject-b',
  )
    .argument('<a>', 'the id of a message')
    .argument('<b>', 'the id of another')
    .addOption(new Option('--csv', 'print CSV').conflicts('json'))
    .action(async (a: string, b: string, flags) => (await import('./compare.ts')).compare(a, b, flags, io));
}

function addClassify(program: Command, io: Io, setStatus: SetStatus): void {
  command(
    program,
    'classify',
    'Say of each hit what it was, why, and how sure that is.',
    `telltale classify hits.ndjson
     telltale classify /var/log/nginx/access.log
     telltale classify - --format access-log < access.log`,
  )
    .argument('[file]', 'hits as NDJSON, or an access log (common or combined); - or nothing reads stdin')
    .addOption(
      new Option('--format <format>', 'what the lines are (default: by the first)').choices(['ndjson', 'access-log']),
    )
    .action(async (file: string | undefined, flags) => {
      const { classifyHits } = await import('./classify.ts');
      setStatus((await classifyHits(file, flags, io)) ? 0 : 3);
    });
}

function addInspect(program: Command, io: Io, setStatus: SetStatus): void {
  command(
    program,
    'inspect',
    'Say what a tracked URL or token holds.',
    `telltale inspect https://t.example.com/o/afvdld….gif
     telltale inspect afvdld… --json`,
  )
    .argument('<url>', 'a tracked URL, or the token in one')
    .action(async (text: string, flags) => {
      const { inspect } = await import('./inspect.ts');
      setStatus((await inspect(text, flags, io)) ? 0 : 1);
    });
}

function addKeys(program: Command, io: Io): void {
  const keys = program.command('keys').description('Make, list and revoke the keys that seal tracked URLs.');
  command(keys, 'new', 'Make a key; it signs new mail from now on.', 'telltale keys new\ntelltale keys new --no-sign')
    .option('--no-sign', 'only stage the key: old ones go on signing')
    .action(async (flags) => (await import('./keys.ts')).newKeyCommand(flags, io));
  command(keys, 'list', 'List the keys, without their secrets.', 'telltale keys list').action(async (flags) =>
    (await import('./keys.ts')).listKeysCommand(flags, io),
  );
  command(
    keys,
    'seal',
    'Print the secret by which a shop seals the values of its sales; it is good for nothing else.',
    'telltale keys seal',
  ).action(async (flags) => (await import('./keys.ts')).sealSecretCommand(flags, io));
  command(keys, 'revoke', 'Revoke a key: links it sealed no longer redirect.', 'telltale keys revoke k1')
    .argument('<id>', 'the id of a key')
    .action(async (id: string, flags) => (await import('./keys.ts')).revokeKeyCommand(id, flags, io));
}

function addTokens(program: Command, io: Io): void {
  const tokens = program.command('tokens').description('Make, list and revoke the tokens that open the API.');
  command(tokens, 'new', 'Make an API token; it is shown once.', 'telltale tokens new --scope read')
    .addOption(new Option('--scope <scope>', 'what it allows').choices([...SCOPES]).default('read'))
    .action(async (flags) => (await import('./tokens.ts')).newTokenCommand(flags, io));
  command(tokens, 'list', 'List the API tokens.', 'telltale tokens list').action(async (flags) =>
    (await import('./tokens.ts')).listTokensCommand(flags, io),
  );
  command(tokens, 'revoke', 'Revoke an API token.', 'telltale tokens revoke mfrggzdf')
    .argument('<id>', 'the id of a token: the part between the underscores')
    .action(async (id: string, flags) => (await import('./tokens.ts')).revokeTokenCommand(id, flags, io));
}

function addRevoke(program: Command, io: Io): void {
  const revoke = program
    .command('revoke')
    .description('Stop links of mail that is sent: a message, one link, or a host.');
  command(
    revoke,
    'message',
    'Stop all links of a message and keep nothing of it any more; its way to unsubscribe goes on working.',
    'telltale revoke message spring-sale\ntelltale revoke message spring-sale --undo',
  )
    .argument('<id>', 'the id of the message')
    .option('--undo', 'let it work again')
    .action(async (message: string, flags) =>
      (await import('./revoke.ts')).revoke({ kind: 'message', message }, flags, io),
    );
  command(
    revoke,
    'link',
    'Stop one link of a message.',
    'telltale revoke link spring-sale 3\ntelltale revoke link spring-sale 3 --undo',
  )
    .argument('<message>', 'the id of the message')
    .argument('<index>', 'the number of the link, from 0, as reports show it')
    .option('--undo', 'let it work again')
    .action(async (message: string, index: string, flags) =>
      (await import('./revoke.ts')).revoke({ kind: 'link', message, index }, flags, io),
    );
  command(
    revoke,
    'host',
    'Stop all links that lead to a host: to itself, not to those below it.',
    'telltale revoke host shop.example\ntelltale revoke host shop.example:8443\ntelltale revoke host shop.example --undo',
  )
    .argument('<host>', 'a host, for all its ports unless one is named')
    .option('--undo', 'let it work again')
    .action(async (host: string, flags) => (await import('./revoke.ts')).revoke({ kind: 'host', host }, flags, io));
}

function addLinks(program: Command, io: Io): void {
  const links = program.command('links').description('Correct where links of mail that is sent lead.');
  command(
    links,
    'set',
    'Let a link lead elsewhere; reports keep the destination it was sent with.',
    'telltale links set spring-sale 3 https://shop.example/sale',
  )
    .argument('<message>', 'the id of the message')
    .argument('<index>', 'the number of the link, from 0, as reports show it')
    .argument('<url>', 'where it leads from now on')
    .action(async (message: string, index: string, url: string, flags) =>
      (await import('./links.ts')).setLink(message, index, url, flags, io),
    );
}

function addNetworks(program: Command, io: Io, setStatus: SetStatus): void {
  const networks = program
    .command('networks')
    .description('Lists of networks, by which the kind of network a request comes from is known.');
  command(networks, 'list', 'List the lists in force: kind, date, size and source.', 'telltale networks list').action(
    async (flags) => (await import('./networks.ts')).listNetworksCommand(flags, io),
  );
  command(
    networks,
    'update',
    'Fetch lists from where their owners publish them, into the data directory; a running server takes them.',
    'telltale networks update\ntelltale networks update apple-relay google-fetchers',
  )
    .argument('[list...]', 'the ids of lists (default: all that have an address)')
    .option('--mirror <url>', 'fetch from a copy, which has each document under its host and path')
    .action(async (ids: string[], flags) =>
      setStatus(await (await import('./networks.ts')).updateNetworksCommand(ids, flags, io)),
    );
}

function addRelabel(program: Command, io: Io): void {
  command(
    program,
    'relabel',
    'Judge the stored hits anew, after new rules; counts follow.',
    `telltale relabel --dry-run
     telltale relabel`,
  )
    .option('--dry-run', 'say what would change, and change nothing')
    .action(async (flags) => (await import('./relabel.ts')).relabel(flags, io));
}

function addMigrate(program: Command, io: Io): void {
  command(
    program,
    'migrate',
    'Make the database, or bring its schema up to date; or move a store from SQLite to PostgreSQL.',
    `telltale migrate
     telltale migrate --from sqlite:telltale-data/telltale.db --to postgres://telltale@db.example/telltale`,
  )
    .option('--from <url>', 'the SQLite database to move; a server that has it open goes on answering')
    .option('--to <url>', 'an empty PostgreSQL database; after an interruption the same again')
    .option('--give-up', 'take a move back: the file of --from may be written again')
    .action(async (flags) => (await import('./migrate.ts')).migrate(flags, io));
}

function addRetain(program: Command, io: Io, setStatus: SetStatus): void {
  withAges(
    command(
      program,
      'retain',
      'Remove what has been kept for long enough; a running server does it daily. Reports stay as they are.',
      `telltale retain --dry-run
       telltale retain
       telltale retain --retain-signals 7d --retain-events never`,
    ),
  )
    .option('--dry-run', 'say what would go, and change nothing')
    .option('--trust-clock', 'remove by this machine’s clock even where it does not fit what the database knows')
    .action(async (flags) => setStatus(await (await import('./retain.ts')).retainCommand(flags, io)));
}

function addSuppressions(program: Command, io: Io): void {
  const suppressions = program
    .command('suppressions')
    .description('Who gets no more mail, whichever message it is of.');
  command(suppressions, 'list', 'List them, with the reason and since when.', 'telltale suppressions list').action(
    async (flags) => (await import('./suppressions.ts')).listSuppressionsCommand(flags, io),
  );
  command(
    suppressions,
    'add',
    'Let recipients get no more mail.',
    'telltale suppressions add recipient-42 --source "a call"',
  )
    .argument('<recipient...>', 'ids of recipients')
    .addOption(new Option('--reason <reason>', 'why').choices([...SUPPRESSION_REASONS]).default('manual'))
    .option('--source <words>', 'where it was said')
    .action(async (recipients: string[], flags) =>
      (await import('./suppressions.ts')).addSuppressionsCommand(recipients, flags, io),
    );
  command(suppressions, 'remove', 'Let recipients get mail again.', 'telltale suppressions remove recipient-42')
    .argument('<recipient...>', 'ids of recipients')
    .action(async (recipients: string[], flags) =>
      (await import('./suppressions.ts')).removeSuppressionsCommand(recipients, flags, io),
    );
}

function addErase(program: Command, io: Io, setStatus: SetStatus): void {
  withStreamOptions(
    command(
      program,
      'erase',
      'Remove all that is kept of a recipient, also beside a running server; links of their mail go on working.',
      'telltale erase --recipient recipient-42\ntelltale erase --recipient recipient-42 --stream nats://nats-1 --json',
    ),
  )
    .requiredOption('--recipient <id>', 'the id of the recipient')
    .action(async (flags) => setStatus(await (await import('./erase.ts')).eraseCommand(flags, io)));
}

/** The options that say how long things are kept. */
function withAges(of: Command): Command {
  return of
    .option(
      '--retain-signals <age>',
      'how long user agents and what else verdicts were made of is kept: 30d, 2m, never (TELLTALE_RETAIN_SIGNALS, default 30d)',
    )
    .option(
      '--retain-events <age>',
      'how long it is kept who opened and clicked when: 400d, 13m, never (TELLTALE_RETAIN_EVENTS, default 13m)',
    )
    .option(
      '--user-agents <kept>',
      'what is kept of user agents an hour after the hit: full, family (client and device) or none (TELLTALE_USER_AGENTS, default full)',
    );
}

function addDoctor(program: Command, io: Io, setStatus: SetStatus): void {
  command(
    program,
    'doctor',
    'Say whether all is in place: the collector and its certificate, proxies, keys and their backup, the clock, the database, the mail server, DKIM.',
    `telltale doctor --base-url https://t.example.com --keys-backup backup/keys.json
     telltale doctor --mail received.eml
     telltale doctor --dkim-domain example.com --dkim-selector s1 --dkim-key dkim.pem`,
  )
    .option('--keys-backup <file>', 'your copy of keys.json, to be compared')
    .option(
      '--mail <file>',
      'a mail of yours as it was received, to see whether its signature covers both list headers',
    )
    .option('--dkim-domain <domain>', 'the domain that telltale send signs for')
    .option('--dkim-selector <name>', 'the selector of its key')
    .option('--dkim-key <file>', 'its private key, PEM, to be compared with what DNS has')
    .option('--dns <server>', 'the DNS server to ask (default: that of this machine)')
    .action(async (flags) => setStatus((await (await import('./doctor.ts')).doctor(flags, io)) ? 0 : 1));
}

function addBounces(program: Command, io: Io): void {
  command(
    program,
    'bounces',
    'Take bounce mails: what comes back for good is counted, and its recipient gets no more mail.',
    `telltale bounces bounce.eml
     telltale bounces /var/mail/bounces
     telltale bounces ~/Maildir --dry-run
     cat bounce.eml | telltale bounces -`,
  )
    .argument('[file...]', 'mails, mboxes or Maildirs; - or nothing reads stdin')
    .option('--dry-run', 'say what would count, and write nothing')
    .action(async (files: string[], flags) => (await import('./bounces.ts')).bounces(files, flags, io));
}

function addWebhooks(program: Command, io: Io): void {
  const webhooks = program
    .command('webhooks')
    .description('Show who is told of events, and tell again what was parked.');
  command(webhooks, 'list', 'List endpoints, and what waits for them.', 'telltale webhooks list').action(
    async (flags) => (await import('./webhooks.ts')).listWebhooksCommand(flags, io),
  );
  command(
    webhooks,
    'replay',
    'Tell again what an endpoint did not take for a day.',
    'telltale webhooks replay\ntelltale webhooks replay wh_0123456789abcdef',
  )
    .argument('[id]', 'the id of an endpoint (default: all)')
    .action(async (id: string | undefined, flags) =>
      (await import('./webhooks.ts')).replayWebhooksCommand(id, flags, io),
    );
}

function addExport(program: Command, io: Io, setStatus: SetStatus): void {
  command(
    program,
    'export',
    'Write what is kept: events as NDJSON, or all that is stored of a recipient as JSON.',
    `telltale export --recipient recipient-42 > recipient-42.json
     telltale export --events > events.ndjson
     telltale export --events --message spring-sale --since 2026-01-01
     telltale export --events --cursor 019b78e5a3c07d1f8a4be2c59f60d713@spring-sale >> events.ndjson`,
  )
    .option('--recipient <id>', 'all that is stored of that recipient')
    .option('--events', 'opens, clicks and unsubscribes with their verdicts, the newest message first')
    .option('--message <id>', 'only of that message')
    .option('--since <time>', 'only from that day or time on (ISO 8601)')
    .option('--until <time>', 'only before that day or time')
    .option('--cursor <id@message>', 'go on behind that event: the id and the message of the last line')
    .action(async (flags) => setStatus(await (await import('./export.ts')).exportCommand(flags, io)));
}

function addDemo(program: Command, io: Io, setStatus: SetStatus): void {
  command(
    program,
    'demo',
    'Mail a newsletter to 200 simulated readers and report what they did, all on this machine.',
    `telltale demo
     telltale demo --seed 7 --keep`,
  )
    .option('--seed <number>', 'repeat an earlier run')
    .option('--keep', 'leave the server up afterwards')
    .action(async (flags) => setStatus(await (await import('./demo/demo.ts')).demo(flags, io)));
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
