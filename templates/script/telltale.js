((d, w, s, l, m) => {
  const n = s.dataset.click || 'tt_click', f = v => (v = RegExp('[?&; ]' + n + '=([a-z2-7]{40,})').exec(v)) && v[1],
    c = (v, t) => d.cookie = n + '=' + v + ';path=/;max-age=' + t + ';SameSite=Lax' + (l.protocol < 'https:' ? '' : ';Secure') + (s.dataset.domain ? ';domain=' + s.dataset.domain : ''),
    t = g => { try { return g(sessionStorage) } catch { } },
    k = () => { if (m) { c(m, MAX_AGE); f(' ' + d.cookie) == m || t(g => g.setItem(n, m)) } },
    q = w.telltale || [],
    p = o => {
      if ('consent' in o) o.consent ? k() : (c('', 0), t(g => g.removeItem(n)));
      else { o = { click: m || f(' ' + d.cookie) || t(g => g.getItem(n)), ...o }; if (o.click) new Image().src = s.src.replace(/telltale\.js.*/, 'v.gif?') + new URLSearchParams(o) }
    };
  m = f(l.search);
  'consent' in s.dataset || k();
  w.telltale = { push: p };
  q.forEach(p)
})(document, window, document.currentScript, location)
