// `telltale report MESSAGE --html FILE`: the report's page as one file that opens from disk and loads nothing. It names no
// recipient, since files are passed on.
import { resolve } from 'node:path';
import type { AttributionModel } from '../base/conversion.ts';
import { TelltaleError } from '../base/errors.ts';
import { reportFile } from '../pages/report-page.ts';
import { buildReport } from '../report/build-report.ts';
import { buildTimeline } from '../report/build-timeline.ts';
import type { ReportSource } from '../report/report-source.ts';
import { type Io, say, writeOut } from './io.ts';
import type { Settings } from './settings.ts';
import { writeFileWhole } from './write-file.ts';

export interface ReportFileFlags {
  readonly html: string;
  readonly tz?: string;
  readonly force?: boolean;
  readonly attribution?: AttributionModel;
}

/**
 * Writes the file.
 *
 * @throws TelltaleError `USAGE` without a message, `UNKNOWN_MESSAGE`, `INVALID_TIME_ZONE`, `FILE_EXISTS`.
 */
export async function writeReportFile(
  store: ReportSource,
  message: string | undefined,
  { html: file, tz, attribution, force = false }: ReportFileFlags,
  { settings, io }: { readonly settings: Settings; readonly io: Io },
): Promise<void> {
  if (message === undefined) {
    throw new TelltaleError(
      'USAGE',
      '--html writes the report of one message: telltale report spring-sale --html FILE.',
    );
  }
  const report = await buildReport(store, { message, attribution });
  const timeline = await buildTimeline(store, { message, tz, attribution });
  const path = resolve(io.cwd, file);
  const html = reportFile({ report, timeline });
  await writeFileWhole(path, html, { force });
  if (settings.json) await writeOut(io, `${JSON.stringify({ message, file: path, bytes: Buffer.byteLength(html) })}\n`);
  else if (!settings.quiet) say(io, `Wrote ${path}. Open it in a browser; it loads nothing and names no recipient.`);
}
