import { describe, expect, it } from 'vitest';
import { checkChoice, checkFlag, checkOptionNames, nearest } from '../../src/base/options.ts';
import { thrownBy } from '../support/thrown.ts';

const KNOWN = ['message', 'recipient', 'pixel', 'recipientBytes'];

describe('checkOptionNames', () => {
  it.each([[{}], [{ message: 'm' }], [{ pixel: undefined, recipient: null }]])('takes %j', (options) => {
    expect(() => checkOptionNames(options, KNOWN, 'compile')).not.toThrow();
  });

  it.each([
    ['mesage', 'message'],
    ['Message', 'message'],
    ['recipent', 'recipient'],
    ['pixels', 'pixel'],
    ['recipient_bytes', 'recipientBytes'],
  ])('refuses %s and suggests %s', (name, suggestion) => {
    const error = thrownBy(() => checkOptionNames({ [name]: 1 }, KNOWN, 'compile'));
    expect(error.code).toBe('UNKNOWN_OPTION');
    expect(error.message).toBe(`compile has no option "${name}". Did you mean ${suggestion}?`);
  });

  it('lists the known options when none is near', () => {
    const error = thrownBy(() => checkOptionNames({ somethingElse: 1 }, KNOWN, 'compile'));
    expect(error.code).toBe('UNKNOWN_OPTION');
    expect(error.message).toContain('Known options: message, recipient, pixel, recipientBytes.');
  });

  it.each([[null], [undefined], ['message'], [42], [['message']]])('refuses %j in place of options', (options) => {
    const error = thrownBy(() => checkOptionNames(options, KNOWN, 'compile'));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain('compile expects an object');
  });

  it('prints a stranger’s option name escaped and cut', () => {
    const { message } = thrownBy(() => checkOptionNames({ [`\u001b[31m${'x'.repeat(500)}`]: 1 }, KNOWN, 'compile'));
    expect(message).not.toContain('\u001b');
    expect(message.length).toBeLessThan(250);
  });
});

describe('checkChoice', () => {
  it('returns the choice', () => {
    expect(checkChoice('top', ['top', 'bottom'], 'pixel')).toBe('top');
  });

  it.each([['middle'], ['TOP'], [''], [null], [undefined], [1], [{}]])('refuses %j', (value) => {
    const error = thrownBy(() => checkChoice(value, ['top', 'bottom'], 'pixel'));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain('pixel must be one of top, bottom');
  });
});

describe('checkFlag', () => {
  it.each([
    [true, true],
    [false, false],
    [undefined, false],
  ])('takes %j for %j', (value, expected) => {
    expect(checkFlag(value, 'test')).toBe(expected);
  });

  it.each([
    ['false', 'string'],
    [1, 'number'],
    [null, 'null'],
    [Promise.resolve(true), 'a promise'],
    [Buffer.from('true'), 'bytes'],
  ])('refuses %j', (value, kind) => {
    const error = thrownBy(() => checkFlag(value, 'test'));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toBe(`test must be true or false, but ${kind} came.`);
  });
});

describe('nearest', () => {
  it.each([
    ['a name at three edits', 'messXXX', 'message'],
    ['the nearest of several', 'pixe', 'pixel'],
  ])('finds %s', (_, name, found) => {
    expect(nearest(name, KNOWN)).toBe(found);
  });

  it.each([
    ['at four edits', 'mesXXXX'],
    ['of over 60 characters', 'x'.repeat(61)],
  ])('finds nothing for a name %s', (_, name) => {
    expect(nearest(name, KNOWN)).toBeUndefined();
  });

  it('finds nothing among nothing', () => {
    expect(nearest('a', [])).toBeUndefined();
  });
});
