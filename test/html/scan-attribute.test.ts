import { describe, expect, it } from 'vitest';
import { scanAttributeValue } from '../../src/html/scan-attribute.ts';

describe('scanAttributeValue', () => {
  it.each([
    ['double quotes', '<a href="x y">', 'x y'],
    ['single quotes', "<a href='x \"y'>", 'x "y'],
    ['no quotes', '<a href=x>', 'x'],
    ['no quotes, ended by a blank', '<a href=x class=y>', 'x'],
    ['no quotes, ended by a slash that belongs to it', '<a href=x/>', 'x/'],
    ['no quotes, with quotes inside', '<a href=x"y\'z>', 'x"y\'z'],
    ['no quotes, beginning with an equals sign', '<a href==x>', '=x'],
    ['no quotes, at the end of the source', '<a href=x', 'x'],
    ['blanks round the equals sign', '<a href \t\n=\f\r "x">', 'x'],
    ['upper case', '<a HREF="x">', 'x'],
    ['no blank behind it', '<a href="x"class="y">', 'x'],
    ['a greater-than sign inside', '<a href="x>y">', 'x>y'],
    ['an empty value', '<a href="">', ''],
    ['a quote that is never closed', '<a href="x>y', 'x>y'],
    ['a name with odd characters', '<a xlink:href="x">', 'x', 'xlink:href'],
  ])('finds a value with %s', (_, source, value, name = 'href') => {
    const range = scanAttributeValue(source, source.toLowerCase().indexOf(name));
    expect(range && source.slice(range.start, range.end)).toBe(value);
  });

  it.each([
    ['a bare name', '<a href>'],
    ['a bare name before another', '<a href class="x">'],
    ['a bare name before a slash', '<a href/>'],
    ['a bare name before a slash and an equals sign', '<a href/="x">'],
    ['a name at the end of the source', '<a href'],
    ['an equals sign without value', '<a href=>'],
    ['an equals sign at the end of the source', '<a href='],
    ['an equals sign and blanks at the end', '<a href=  '],
  ])('finds none after %s', (_, source) => {
    expect(scanAttributeValue(source, source.indexOf('href'))).toBeUndefined();
  });
});
