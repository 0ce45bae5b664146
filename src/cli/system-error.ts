// What the system said, as a sentence a person can act on.
import { TelltaleError } from '../base/errors.ts';

const SENTENCES: Readonly<Record<string, string>> = {
  EACCES: 'this user may not. Change its owner or mode, or name another place',
  EPERM: 'this user may not. Change its owner or mode, or name another place',
  EEXIST: 'something else of that name is there. Name another place',
  ENOTDIR: 'a part of the path is a file, not a directory. Name another place',
  EISDIR: 'it is a directory. Name a file',
  ENOENT: 'a part of the path does not exist. Name another place, or make it first',
  EROFS: 'the file system can only be read. Name another place',
  ENOSPC: 'the disk is full. Free some space, or name another place',
  EDQUOT: 'the quota is used up. Free some space, or name another place',
  EMFILE: 'too many files are open. Raise the limit (ulimit -n)',
  ENFILE: 'too many files are open on this machine',
};

/** A system error as one of ours; every other error as it is. */
export function explainSystemError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TelltaleError || !('code' in error)) return error;
  const sentence = SENTENCES[String(error.code)];
  if (sentence === undefined) return error;
  const { path = 'the output', syscall = 'write' } = error as NodeJS.ErrnoException;
  return new TelltaleError('FILE_SYSTEM', `Cannot ${WORDS[syscall] ?? syscall} ${path}: ${sentence}.`, {
    cause: error,
  });
}

const WORDS: Readonly<Record<string, string>> = { mkdir: 'make the directory', scandir: 'read', stat: 'read' };
