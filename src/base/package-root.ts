// Where the package lies, so that its files (mail and page templates, worker threads) are found from source and built.

/** Whether this is the TypeScript source, run by a loader, and not the built package. */
export const isSource: boolean = import.meta.url.endsWith('.ts');

/** The package's folder; built files lie one folder deeper. */
export const packageRoot: URL = new URL(isSource ? '../../' : '../../../', import.meta.url);
