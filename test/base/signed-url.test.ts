import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addParameter, dropParameter, hasParameter, SIGNED_FORMS, signedAs } from '../../src/base/signed-url.ts';

describe('a signed URL', () => {
  it.each([
    ['amazon-s3', 'https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=ab12'],
    ['google-cloud-storage', 'https://storage.googleapis.com/b/o?X-Goog-Signature=ab12&X-Goog-Expires=900'],
    ['alibaba-oss', 'https://b.oss-cn-hangzhou.aliyuncs.com/o?x-oss-signature=ab'],
    ['tencent-cos', 'https://b.cos.ap-beijing.myqcloud.com/o?q-signature=ab'],
    ['azure-sas', 'https://a.blob.core.windows.net/c/b?sv=2024-08-04&se=2026-01-01&sig=ab%2B12'],
    ['signature', 'https://d111.cloudfront.net/i.jpg?Expires=1357034400&Signature=ab&Key-Pair-Id=K2JCJMDEHXQW5F'],
    ['signature', 'https://b.s3.amazonaws.com/k?AWSAccessKeyId=AK&Expires=1&Signature=ab#top'],
    ['hmac', 'https://shop.example/apps?shop=a&hmac=ab'],
    ['akamai', 'https://cdn.example/v.m3u8?hdnts=exp=1~hmac=ab'],
    ['cloudflare', 'https://example.com/a?verify=1484063787-ab%3D'],
    ['imgix', 'https://e.imgix.net/a.jpg?w=1&s=0123456789abcdef0123456789abcdef'],
  ])('of %s is known: %s', (id, url) => {
    expect(signedAs(url)).toBe(id);
  });

  it('is told by its query alone', () => {
    for (const url of [
      'https://a.example/',
      'https://a.example/?signed=1#sig=2',
      'https://a.example/sig=1?verify=me&s=m',
    ])
      expect(signedAs(url)).toBeUndefined();
  });

  it('has a form with a source', () => {
    for (const { source } of SIGNED_FORMS) expect(source).not.toBe('');
  });
});

describe('addParameter', () => {
  it.each([
    ['https://a.example/', 'https://a.example/?c=1'],
    ['https://a.example/?', 'https://a.example/?c=1'],
    ['https://a.example/?a=%7e&b', 'https://a.example/?a=%7e&b&c=1'],
    ['https://a.example/?a&', 'https://a.example/?a&c=1'],
    ['https://a.example/#/path?x=1', 'https://a.example/?c=1#/path?x=1'],
    ['https://a.example/?a=1#b?c', 'https://a.example/?a=1&c=1#b?c'],
  ])('writes %s as %s', (url, expected) => {
    expect(addParameter(url, 'c', '1')).toBe(expected);
    expect(hasParameter(expected, 'c')).toBe(true);
  });

  it('is undone by dropParameter, for any query', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        fc.pre(!hasParameter(url, 'tt_click') && !/\?$|\?#|&$|&#/.test(url));
        expect(dropParameter(addParameter(url, 'tt_click', 'x'), 'tt_click')).toBe(url);
      }),
    );
  });
});
