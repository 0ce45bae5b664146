// Every bound of Telltale in one place, each with the reason for its number.

/** Bytes of UTF-8 in a message or recipient id: room for a UUID, a hash or a path-like name, and one length byte. */
export const idBytesMax = 128;

/** Characters of a destination: what the oldest clients still follow (2,083) rounded down. */
export const destinationCharsMax = 2_048;

/** Characters of a tracked URL: gateways wrap it once more and give up on longer ones. */
export const trackedUrlCharsMax = 2_000;

/** Links in one mail: SendGrid tracks 1,000; ten megabytes of the shortest links hold fewer than this. */
export const linksMax = 1_000_000;

/** Links of one short-link set: a short link has 15 bits for its index; later links are self-contained. */
export const shortLinksMax = 32_768;

/** Short-link sets a tracker remembers as registered; a forgotten one is registered again, which changes nothing. */
export const registeredSetsMax = 10_000;

/** Milliseconds the plugin waits, once a set, for its registration: a commit takes a few; past it links are self-contained. */
export const registerDeadlineMs = 500;

/** Milliseconds after a failed registration in which the plugin does not wait for another. */
export const registerRetryMs = 5_000;

/** Milliseconds between two looks for changes of the control state: a change has 5 s to be in force. */
export const followIntervalMs = 1_000;

/** Changes of the control state read at once: about 100 kB for usual mails, 200 MB if each were of the largest set. */
export const controlPageChanges = 100;

/** Milliseconds between two looks of a reader at its mirror: with {@link followIntervalMs}, well below 5 s. */
export const mirrorLookMs = 500;

/** Milliseconds after which a mirror does not know what is not in it: what is in force is so within this time. */
export const mirrorFreshMs = 5_000;

/** Answers of each of six kinds a mirror remembers: about 12 MB in all; the file answers the rest in microseconds. */
export const mirrorCacheEntries = 10_000;

/** Milliseconds without a word from the store after which a server is not ready: a restart of a database takes less. */
export const mirrorStaleMs = 60_000;

/** Attributes of one tag: the parser compares each with all earlier ones; real mail stays under 100. */
export const attributesPerTagMax = 1_000;

/** Elements open at one place: the parser walks all of them for many tags; real mail stays under 200. */
export const openElementsMax = 2_000;

/** Formatting elements the parser has to open again, summed over a mail: about 80 MB; real mail stays under 10,000. */
export const reopenedElementsMax = 200_000;

/** Elements the parser may look at for each character of a mail: real mail takes under 1; 20 take 0.2 s a megabyte. */
export const parserStepsPerChar = 20;

/** The same for any mail, however short: enough for every nesting that {@link openElementsMax} lets pass once. */
export const parserStepsMin = 10_000_000;

/** Conditional comments inside conditional comments: Outlook's own samples nest two. */
export const conditionDepthMax = 8;

/** Bytes of HTML at which Gmail cuts a mail and hides what follows (practitioners measured 100-105 kB). */
export const gmailClipBytes = 102_000;

/** Characters of a link's text kept as its name: what a table row can show. */
export const linkNameCharsMax = 100;

/** Nodes of a link looked at for its name: a button of nested tables has under 50. */
export const linkNameNodesMax = 1_000;

/** Characters of a token the collector looks at: the longest R there can be has 440, the longest L 3,400. */
export const tokenCharsMax = 4_000;

/** Addresses of one day whose peers a collector remembers in memory: about 1 MB; the others are computed in 2 µs. */
export const peersRememberedMax = 5_000;

/** Characters of a user agent kept with a hit: verdicts look no further. */
export const userAgentCharsMax = 512;

/** Characters of any other request header kept with a hit. */
export const headerCharsMax = 256;

/** Hits gathered for one commit: past this size a commit costs more than it saves. */
export const journalBatchHits = 64;

/** Milliseconds a lone hit waits for company while others keep arriving. */
export const journalGatherMs = 5;

/** Milliseconds an answer waits for its commit: a reader does not notice 50 ms. */
export const answerDeadlineMs = 50;

/** Hits waiting in memory for a commit: about 20 MB; later ones are answered and counted as dropped. */
export const journalWaitingHitsMax = 50_000;

/** Bytes a journal may use on disk: some ten million hits, days of an outage; later ones are dropped and counted. */
export const journalBytesMax = 4_294_967_296;

/** Pages of a journal's log before they move into the file: 2 MB, some four thousand hits. */
export const journalWalPages = 500;

/** Bytes on the disk kept for the day it is full: twice the log, which must find room in the file. */
export const journalReserveBytes = 4_194_304;

/** Bytes of a journal's log kept between two uses of it; a burst may need more for a while. */
export const journalWalBytesMax = 4_194_304;

/** A journal gives room back when it has this much of it, and no more than so much to copy: some 50 ms without a commit. */
export const journalFreeBytesMin = 262_144;
export const journalShrinkBytesMax = 8_388_608;

/** Milliseconds after a commit that failed until the disk is tried again without a hit: a failing disk is not kept busy. */
export const journalProbeMs = 1_000;

/** Milliseconds in which nothing was asked of a journal before it gives room back: longer than traffic pauses. */
export const journalQuietMs = 500;

/** Hits the settler moves in one transaction when many wait: large sorted batches touch each page of an index once. */
export const settleBatchHits = 10_000;

/** Megabytes of short-lived memory of the thread that settles: a batch dies young in it, which saves a third of the time. */
export const writerYoungMb = 96;

/** Milliseconds for which commits gather before they are settled together: syncs are what settling costs when few come. */
export const settleGatherMs = 100;

/** Milliseconds between two looks of the settler, which it takes besides those after commits, and before it tries again. */
export const settleLookMs = 1_000;

/** Milliseconds for which a peer is kept: the window in which one hit says something of another. */
export const peerKeptMs = 900_000;

/** Milliseconds between two looks for peers that are due: they go at most so long after their window has closed. */
export const peerLookMs = 60_000;

/**
 * Milliseconds for which peers are kept for hits that wait with a process of which nothing is heard: a night in which
 * nobody mends the network; later hits are judged without them.
 */
export const waitingBelievedMs = 86_400_000;

/** The same for one of several who settle a stream, whose messages go to another when it is gone: three looks. */
export const settlerBelievedMs = 180_000;

/** Milliseconds between two looks while hits wait. */
export const peerPauseMs = 2_000;

/** Events whose peers are forgotten in one transaction: some 60 ms in which nothing else is written. */
export const peersForgottenAtOnce = 30_000;

/** Messages of few such events whose peers are forgotten in one transaction. */
export const peerMessagesAtOnce = 100;

/** Milliseconds a whole user agent is kept where the owner wants less: hits say something of one another for 15 minutes. */
export const wholeAgentsMs = 3_600_000;

/** Milliseconds between two looks for user agents that are kept for longer than that. */
export const reduceAgentsEveryMs = 900_000;

/** Hits without a recipient that a figure needs before it shows them; below, they are left out of it. */
export const smallCellHits = 5;

/** Rows one step of retention looks at: some 20 ms in which nothing else is written. */
export const retainedAtOnce = 5_000;

/** Events one step of an erasure looks at, for those of one recipient: some 20 ms in which nothing else is written. */
export const erasedAtOnce = 100_000;

/** Entries of a journal one step of an erasure reads: some 50 ms in which nothing is appended. */
export const journalErasedAtOnce = 20_000;

/** Bytes in use of a journal that is copied to leave no trace of what was removed; a fuller one waits until more is settled. */
export const journalScrubBytesMax = 67_108_864;

/** Milliseconds after a tombstone until journals are searched: every process here knows it by then and takes no more hits. */
export const eraseJournalsMs = 2_000;

/** Milliseconds between two tries to clean a journal: at first, and at most, for one that is damaged. */
export const eraseRetryMs = 5_000;
export const eraseRetryMsMax = 3_600_000;

/** Milliseconds within which journals of a running server hold nothing any more, unless they are far behind. */
export const erasedWithinMs = 30_000;

/** Times the log of a store is tried to be emptied, which waits for whoever reads. */
export const scrubTries = 5;

/** Milliseconds retention rests between two steps: as long as the step took, within these, so that others get their turn. */
export const retainRestMsMin = 10;
export const retainRestMsMax = 1_000;

/** Milliseconds from the start of a server to its first run of retention, when it has caught up; and between two runs. */
export const retainStartMs = 300_000;
export const retainEveryMs = 86_400_000;

/** Milliseconds after which a run of retention that failed is tried again. */
export const retainAgainMs = 3_600_000;

/** Days something can be kept at most, when not for good: a hundred years. */
export const keptDaysMax = 36_525;

/** Milliseconds a clock may be behind the newest hit: collectors' clocks differ by minutes. */
export const clockBehindMs = 21_600_000;

/** Milliseconds the clock may be ahead of when it was last believed: a daily run may be missed once. */
export const clockAheadMs = 172_800_000;

/** Milliseconds a clock that leapt must have stood before it is believed, and after which it is doubted anew. */
export const clockStoodMsMin = 72_000_000;
export const clockStoodMsMax = 3_456_000_000;

/** Requests remembered to know those that come again: about 40 MB, and the busiest minute of a mailing to a million. */
export const repeatMemoryRequests = 100_000;

/** Times remembered of one request: hits that come late through another journal are late by seconds. */
export const repeatTimesMax = 8;

/** Milliseconds for which a server that stops goes on settling; with {@link closeAnswersMs} well below 5 s. */
export const settleStopMs = 1_500;

/** Rows of arguments from which on they go to PostgreSQL as arrays of one statement. */
export const postgresBulkMin = 8;

/** Milliseconds that a writer of PostgreSQL waits for another that holds what it needs. */
export const postgresLockMs = 30_000;

/** Milliseconds for which a writer of PostgreSQL that must be alone asks others to keep away. */
export const postgresAloneMs = 10_000;

/** Milliseconds that one statement of PostgreSQL may take, and that one waits for an answer of it at all. */
export const postgresStatementMs = 60_000;
export const postgresWaitMs = 75_000;

/** Milliseconds in which PostgreSQL must take a connection, where its URL does not say otherwise. */
export const postgresConnectMs = 10_000;

/** Rows of a table that are moved to PostgreSQL in one transaction. */
export const movedRowsAtOnce = 1_000;

/** Milliseconds until one listens to PostgreSQL again whose connection ended. */
export const postgresListenAgainMs = 1_000;

/** Connections that one process reads through, where the URL does not say otherwise (`pool_max`). */
export const postgresPoolMax = 4;

/** Milliseconds a server that stops has for answering what was accepted; an answer of ours takes under 100. */
export const closeAnswersMs = 2_000;

/** Milliseconds after which a worker that was told to end is killed: all that a stopping server waits for, and a little. */
export const workerCloseMs = 4_200;

/** Processes that answer: more than any machine has cores for. */
export const workersMax = 64;

/** Milliseconds a worker lives for its death to be bad luck, and its successor to begin at once. */
export const workerWellMs = 10_000;

/** Milliseconds before a successor of one that died young begins, growing from the first to the last. */
export const workerPauseMsMin = 100;
export const workerPauseMsMax = 10_000;

/** Milliseconds before a thread of the store that ended is started again, and at most: each end in a row doubles them. */
export const threadPauseMs = 250;
export const threadPauseMsMax = 30_000;

/** Milliseconds after which a thread that ended is no sequel of an earlier end. */
export const threadLivedMs = 60_000;

/** Texts whose numbers are kept in memory, of each kind: about 10 MB of user agents and links. */
export const dictionaryCacheMax = 50_000;

/** Kibibytes of the store kept in memory by the thread that writes: the indexes of a mailing to a million. */
export const storeCacheKib = 131_072;

/** Pages of the store's log before they move into the file: 80 MB. */
export const storeWalPages = 20_000;

/** Sends the plugin may have waiting for the store. */
export const sendQueueMax = 100_000;

/** Milliseconds for which a message stays with whoever sends it, without another word: a mail server may stall for ten minutes. */
export const sendLeaseMs = 900_000;

/** Mails begun ahead of those that the mail server is taking: what a durable step is shared by, and a crash leaves in doubt. */
export const sendsAhead = 16;

/** Sends that a relay tells the collector in one request. */
export const relayBatch = 2_000;
/** Milliseconds that a relay waits for an answer. */
export const relayAnswerMs = 30_000;
/** Milliseconds between two tries to tell a collector that is away. */
export const relayRetryMinMs = 1_000;
export const relayRetryMaxMs = 60_000;
/** Milliseconds for which a relay goes by what it knows of who gets no mail while the collector is away: a day. */
export const relayKnownMs = 86_400_000;
/** Milliseconds that a relay goes on telling while it closes. */
export const relayCloseMs = 5_000;

/** Mails of a mailing that are shown before it is sent. */
export const previewedMailsMax = 10;

/** Recipients that may wait for another try: later ones are not begun with meanwhile. */
export const sendRetriesMax = 10_000;

/** Tries of a mail that the server puts off (4yz) beyond the first; some servers put off strangers for five minutes. */
export const sendTriesMore = 4;

/** Milliseconds before the second try; each later one doubles them. */
export const sendRetryMs = 30_000;

/** Milliseconds before an unreachable mail server is tried again, and at most: each failure in a row doubles them. */
export const smtpPauseMs = 1_000;
export const smtpPauseMsMax = 30_000;

/** Milliseconds for which an unreachable mail server is waited for: longer than it takes to start one anew. */
export const smtpPatienceMs = 600_000;

/** Milliseconds between two words that a mail server cannot be reached: silence looks like work. */
export const smtpAwayToldMs = 60_000;

/** Recipients of a stream that are looked at for missing fields before the first mail. */
export const recipientsLookedAt = 100;

/** Milliseconds for which a stream is waited for, so that its first recipients can be looked at. */
export const recipientsLookMs = 1_000;

/** Sends written in one transaction. */
export const sendBatch = 500;

/** Bytes of the HTML of a mail that is kept to be shown: ten times what Gmail shows of one; longer ones are not kept. */
export const keptMailBytesMax = 1_000_000;

/** Bytes a kept mail may unpack to: its HTML with every character escaped, and a record of each of its links. */
export const packedMailBytesMax = 64_000_000;

/** Differing mails kept of one message: a few languages and variants; more are one a recipient, which nobody looks at. */
export const keptMailsMax = 20;

/** Mails that may wait to be kept: what one turn compiles; each holds its parsed source. */
export const mailQueueMax = 32;

/** Kept mails a tracker remembers; a forgotten one is offered to the store again, which changes nothing. */
export const keptMailsRemembered = 1_000;

/** Milliseconds between two looks at the counts of a message that somebody watches. */
export const livePollMs = 1_000;

/** Milliseconds of silence after which a watcher gets a comment: proxies close what is silent for a minute. */
export const liveHeartbeatMs = 15_000;

/** Milliseconds after which a watcher has to come again, and show once more that it may. */
export const liveStreamMs = 900_000;

/** Connections of watchers, each for as long as a page is open: an office's, and few of the sockets that readers need. */
export const liveWatchersMax = 100;

/** Bytes of a request body at the API: 500 sends of the longest ids, with room to spare. */
export const apiBodyBytesMax = 10_000_000;

/** Bytes of a one-click unsubscribe body: the one body that counts has 26. */
export const unsubscribeBodyBytesMax = 1_024;

/** Milliseconds the preferences page waits to hear whether somebody has left; past them it does not say. */
export const stateDeadlineMs = 500;

/** Records of a recipient's consent that are shown: people change their mind a few times. */
export const consentsShown = 500;

/** Characters of what proves a consent. */
export const proofCharsMax = 500;

/** Rows of one page at the API when none is asked for, and at most. */
export const pageRowsDefault = 50;
export const pageRowsMax = 500;

/** Earlier messages in which a recipient is looked up when one is sent: some weeks of a newsletter, some 7 µs of a send. */
export const maskMessages = 6;

/** Earlier messages from which an estimate takes what is usual for a sender: half a year of a weekly one. */
export const historyMessages = 20;

/** Share of masked recipients up to which two open rates are compared without a warning: beyond, clicks decide them. */
export const maskedShareMax = 0.3;

/** Rows of clients in a report, and of devices: more than there are in the table, and as many as anybody reads. */
export const usageRowsMax = 50;

/** Links shown in a report. */
export const reportLinksMax = 1_000;

/** Mail domains shown in a report: past the first dozen, each has a few recipients. */
export const reportDomainsMax = 50;

/** Hours of a timeline before its days: most of what happens to a mail happens within two days. */
export const timelineHours = 48;

/** Days of a timeline behind its hours: the 13 months for which events are kept. */
export const timelineDaysMax = 400;

/** Rows of recipients or messages that one page of a list looks at to find those that it shows: some 20 ms. */
export const listedRowsMax = 20_000;

/** Characters of a message's name: what a table and the title of a page can show. */
export const messageNameCharsMax = 200;

/** Characters of a text that messages are searched for. */
export const searchCharsMax = 200;

/** Keys in one ring: the number of a key is one byte of the token and 0 is not used. */
export const keysMax = 255;

/** Files `rewrite` writes at a time: more than the thread pool has threads, so that none waits; few enough to hold in memory. */
export const filesWrittenAtOnce = 8;

/** Lines of a manifest between two syncs: a killed run loses the list of at most this many files, and writes them again. */
export const manifestSyncLines = 100;

/** Bytes of an mbox gathered for one write. */
export const mboxChunkBytes = 262_144;

/** Columns a report is drawn for at least, and at most: lines that are longer are hard to read. */
export const terminalColumnsMin = 48;
export const terminalColumnsMax = 100;

/** Links a report shows at a terminal: about as many as fit on it. */
export const terminalLinks = 12;

/** Milliseconds before a progress bar shows: shorter work needs none. */
export const progressDelayMs = 1_000;

/** Milliseconds between two drawings of a progress bar: a person reads no faster. */
export const progressRedrawMs = 100;

/** Multiparts inside multiparts: mail programs nest four. */
export const mimeDepthMax = 32;

/** Parts of one message: a mail with hundreds of attachments still passes. */
export const mimePartsMax = 10_000;

/** Bytes of a line of a message without its line break (RFC 5322, section 2.1.1). */
export const mailLineBytesMax = 998;

/** Characters of a request's address: a tracked URL has 2,000 and a cursor of the API under 500. */
export const urlCharsMax = 4_096;

/** Proxies that are looked through to find a client: chains of real networks have under 5. */
export const forwardedHopsMax = 20;

/** Hits in a row from one address, and different recipients among them, before it can be a proxy's: no reader has so many. */
export const sameAddressHits = 200;
export const sameAddressRecipients = 50;

/** Hits of an address before something was found of it that are judged anew, the last ones: a fifth of a second of the writing thread. */
export const peerAnewMax = 5_000;

/** Milliseconds such a row takes outside private networks: what a gateway scans of one mailing comes in a minute or two. */
export const sameAddressMs = 180_000;

/** Hits of which at least half must have come through a proxy for the owner to be told: a stranger can write a header, too. */
export const hiddenWindowHits = 50;

/** Bytes of a published list of networks: Apple's, the longest by far, has 12 MB. */
export const networkListBytesMax = 67_108_864;

/** Milliseconds to fetch one document of a list, over a slow line. */
export const networkFetchMs = 60_000;

/** Addresses whose network an ASN database was asked for and that are kept in memory: about 2 MB. */
export const asnCacheEntries = 10_000;

/** Addresses whose names are asked for at a time: few for a resolver, and some hundred a second where it is near. */
export const nameAskersMax = 16;

/** Addresses that may wait to be asked for: what waits behind a resolver that stalls is asked for within its 15 minutes. */
export const namesWaitingMax = 1_000;

/** Milliseconds before a name is asked for: answers wait for their commit for 50 at most, so by then they are out. */
export const nameDelayMs = 100;

/** Milliseconds for a name and its confirmation: a resolver takes one second where a server far away has lost a packet. */
export const nameTimeoutMs = 5_000;

/** Milliseconds in which a name server should answer one question, before it is asked once more. */
export const nameTryMs = 1_500;

/** Names of one address that are looked at: all but a few addresses have one. */
export const namesOfAddressMax = 8;

/** Milliseconds for which the name of an address holds, also that it has none: names of addresses change by the month. */
export const nameKeptMs = 3_600_000;

/** Milliseconds after which an address is asked for again when nobody answered. */
export const nameFailedMs = 60_000;

/** Peers of which it is remembered that they were asked for: some 3 MB. */
export const namesKnownMax = 20_000;

/** Milliseconds between two looks for changed lists. */
export const networkLookMs = 5_000;

/** Wrong API tokens from one address within {@link guessWindowMs}: a person who mistypes needs five. */
export const guessesMax = 20;

/** Milliseconds for which wrong API tokens are remembered. */
export const guessWindowMs = 60_000;

/** Milliseconds for which one stays logged in: a day's work. */
export const sessionMs = 43_200_000;

/** Milliseconds for which a login form can be sent: time to look for one's token, on another machine if need be. */
export const loginFormMs = 3_600_000;

/** Bytes of a login form: a token of 200 characters and the address of a page, in escapes. */
export const formBytesMax = 16_384;

/** Messages on one page of the list: each shows how its first days went, for which its counts are read. */
export const listedMessages = 25;

/** Recipients on one page of a report: as many as one reads; the rest is a page away. */
export const reportRecipients = 20;

/** User agents whose kind is remembered: some 5 MB, and more than a mailing meets. */
export const agentMemoMax = 10_000;

/** Milliseconds by which the clocks of senders and collectors may differ: past it, a hit before the delivery was one. */
export const clockDifferenceMs = 300_000;

/** Milliseconds behind the delivery in which a hit is fast. No rule looks at a later time, so no send need be looked for. */
export const fastMs = 30_000;

/** Milliseconds in which one hit says something of another. */
export const contextWindowMs = 900_000;

/** Milliseconds before a visit to the honeypot in which its address or user agent alone speaks (mautic#9798). */
export const honeypotBeforeMs = 10_000;

/** Milliseconds in which a program follows most links of a mail, and nobody else does. */
export const burstMs = 3_000;

/** Distinct links that make a burst: people follow two at once; five in three seconds are none's, however long the mail. */
export const burstLinksMin = 3;
export const burstLinksEnough = 5;

/** Milliseconds around a burst in which its address with its user agent is the same program. */
export const burstCompanyMs = 60_000;

/** Milliseconds after which a browser that Office opened has asked for the page; it takes about one second. */
export const officeFollowMs = 10_000;

/** Milliseconds between two clicks of which one is a program's copy of the other: 12 s were seen (resend-node#901). */
export const twinClickMs = 30_000;

/** Clicks that are looked at behind one, for its twin or its browser: people click twice or three times, floods go on. */
export const neighboursMax = 64;

/** Milliseconds in which one address asks for the mails of so many recipients by one user agent. */
export const fanOutMs = 60_000;
export const fanOutRecipients = 10;

/** Events of one address that new ones are weighed with, half before them and half behind: a scanner's busiest minutes. */
export const peerEventsMax = 2_000;

/** Events that are judged anew in one transaction: a fifth of a second at most in which nothing else is written. */
export const relabelPageEvents = 5_000;

/** Rules of a sender's own: each is tried on each hit. */
export const ownRulesMax = 100;

/** Characters of a text in a sender's own rule: as many as are kept of a header. */
export const ownRuleCharsMax = 256;

/** Milliseconds for which the name of a delivery event is remembered: providers tell one again for some days at most. */
export const deliveryIdKeptMs = 3_024_000_000;

/** Names of delivery events that are forgotten in one transaction: more than come in one. */
export const deliveryIdsAtOnce = 10_000;

/** Characters of the name of a delivery event: the longest that a provider gives has about 100. */
export const deliveryIdCharsMax = 256;

/** Bytes of what a provider tells at once: SendGrid sends up to 768 kB, the others less. */
export const hookBodyBytesMax = 2_000_000;

/** Events in it: SendGrid's have some 300 bytes at least. */
export const hookEventsMax = 10_000;

/** Milliseconds after which what was signed is old, whoever brings it: providers try for a day. */
export const hookOldMs = 90_000_000;

/** The same where each try is signed anew (Standard Webhooks); also by how much a clock may be ahead. */
export const hookClockMs = 300_000;

/** Certificates of SNS that are remembered: there is one for each region, and a new one each year. */
export const snsCertificatesMax = 16;

/** Bytes of such a certificate, or of the answer to a confirmation, and milliseconds in which they come. */
export const snsBytesMax = 65_536;
export const snsTimeoutMs = 5_000;

/** Bytes of a bounce mail that is looked into: one that returns all of a mail has what mail servers let pass. */
export const bounceMailBytesMax = 50_000_000;

/** Bounce mails that are recorded in one transaction. */
export const bouncesAtOnce = 100;

/** Endpoints that are told of events: each event is written once for each that asks for it. */
export const webhooksMax = 20;

/** Events that wait for one endpoint, or are parked: some 500 MB; what comes then is dropped, and counted. */
export const noticesMax = 1_000_000;

/** Events that are told at once, and the bytes of a request: what receivers take without asking (Standard Webhooks: 20 kB and up). */
export const noticesAtOnce = 100;
export const noticeBatchBytesMax = 64_000;

/** Milliseconds for which an endpoint is tried; what waited for so long by then is parked. */
export const parkAfterMs = 86_400_000;

/** Milliseconds behind the first failure, doubled with each, and the most of them. */
export const noticeRetryMs = 5_000;
export const noticeRetryMsMax = 7_200_000;

/** Milliseconds between two looks for what is to be told, and in which an endpoint has to answer. */
export const noticeLookMs = 1_000;
export const noticeTimeoutMs = 5_000;

/** Bytes of an endpoint's answer that are read; what it says does not matter. */
export const noticeAnswerBytesMax = 65_536;

/** Characters of an endpoint's address. */
export const webhookUrlCharsMax = 2_048;
/** Minor units of one sale: a hundred thousand million of the smallest currencies, and sums of a million of them stay exact. */
export const minorUnitsMax = 10_000_000_000_000;

/** Days before a conversion in which clicks count where nobody says otherwise, and at most. */
export const attributionDaysDefault = 7;
export const attributionDaysMax = 365;

/** Milliseconds for which a click id is good beyond the window: a sale may be told a day late. */
export const clickIdGraceMs = 86_400_000;

/** Clicks of one recipient that are looked at for one conversion, the last ones: programs click on and on. */
export const touchesMax = 1_000;

/** Milliseconds by which what has happened may be told to be in the future: clocks of shops differ by time zones. */
export const toldAheadMs = 86_400_000;

/** Criteria of an audience on each side: a question that a person can still read. */
export const audienceCriteriaMax = 10;

/** Partitions of a new stream: as many settlers can share the work, and the most that settling a busy journal is cut into. */
export const streamPartitions = 16;

/** Servers that keep each message: JetStream takes up to five. */
export const streamReplicasMax = 5;

/** Milliseconds in which the stream knows a message that comes again; later ones are known by their places in the store. */
export const streamDuplicateWindowMs = 120_000;

/** Messages that wait in the stream from which on settlers are behind, and forwarding gathers more into one. */
export const streamBehindMessages = 1_000;

/** Hits that are read from a journal together to be forwarded: as many as are settled together, over all partitions. */
export const forwardBatchHits = 10_000;

/** Bytes of a message: half of what servers take by default, so that replicas need not move more at once. */
export const streamMessageBytesMax = 524_288;

/** Bytes that a message's headers may take beside its hits. */
export const streamHeaderBytes = 1_024;

/** Milliseconds in which the stream has to answer: an election among its servers takes two to five seconds. */
export const streamAnswerMs = 5_000;

/** Milliseconds between two looks whether a server still answers; after two without an answer another one is asked. */
export const streamPingMs = 5_000;

/** Milliseconds between two tries to reach a server again. */
export const streamReconnectMs = 500;

/** Milliseconds for which a settler asks for the next message: one that a restarted server has forgotten is asked for again. */
export const streamPullMs = 5_000;

/** Milliseconds between two looks whether somebody was erased of whom something is parked in the stream. */
export const parkedLookMs = 5_000;

/** Milliseconds after which a message of the stream that is settled should be gone, and between two looks whether it is. */
export const strayAfterMs = 30_000;
export const strayLookMs = 10_000;

/** Messages that are taken out in one look. */
export const strayAtOnce = 100;

/** Milliseconds after which a message goes to another settler when the one that has it says nothing. */
export const streamAckWaitMs = 15_000;

/** Deliveries of a message after which it is settled hit by hit: something in it ends whoever settles it. */
export const streamDeliveriesMax = 5;

/** Milliseconds that a connection which ends waits for what it has written to be taken. */
export const streamFlushMs = 500;
