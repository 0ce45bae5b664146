// Keeps the figures of an open report as they are now.
(() => {
  const percent = (rate) => {
    const points = Math.abs(rate) * 100;
    if (points > 0 && points < 0.05) return 'under\u00a00.1\u00a0%';
    const isWhole = points === 0 || (points >= 9.95 && points < 99.5) || points >= 100;
    return `${points.toFixed(isWhole ? 0 : 1)}\u00a0%`;
  };
  const words = (name, value) => {
    if (value === null) return '–';
    if (name === 'conversions.returnOnSpend') return String(value);
    return /^(?:conversions\.)?rates\./.test(name) ? percent(value) : value.toLocaleString('en');
  };
  const amounts = (list) => list.map(({ currency, amount }) => `${amount} ${currency}`).join(', ');
  const valueAt = (figures, name) => name.split('.').reduce((part, key) => part?.[key], figures);
  const note = document.getElementById('live');
  const shapeOf = ({ attribution, links = [], perMail = [], unverified }) =>
    [attribution, links.length, perMail.length, unverified?.count > 0].join();
  let shape;
  const source = new EventSource(document.currentScript.dataset.live);
  source.addEventListener('report', (event) => {
    const figures = JSON.parse(event.data);
    const { conversions } = figures;
    shape ??= shapeOf(conversions);
    if (shapeOf(conversions) !== shape && !document.activeElement?.matches('input')) return location.reload();
    const attributed = document.querySelector('[data-attribution]')?.dataset.attribution;
    if (attributed !== conversions.attribution) delete figures.conversions;
    for (const shown of document.querySelectorAll('[data-amounts]')) {
      const value = valueAt(figures, shown.dataset.amounts);
      if (value !== undefined) shown.textContent = amounts(value);
    }
    for (const shown of document.querySelectorAll('data[data-figure]')) {
      const name = shown.dataset.figure;
      const value = valueAt(figures, name);
      if (name.endsWith('.amount') && value !== undefined) {
        const { currency } = valueAt(figures, name.slice(0, -'.amount'.length));
        shown.value = value;
        shown.textContent = `${currency}\u00a0${value}`;
      }
      if (value !== null && typeof value !== 'number') continue;
      if (shown.value === (value === null ? '' : String(value))) continue;
      shown.value = value === null ? '' : String(value);
      shown.textContent = words(name, value);
    }
    note.hidden = false;
  });
  source.addEventListener('error', () => {
    note.hidden = true;
  });
})();
