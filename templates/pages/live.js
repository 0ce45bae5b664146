// Keeps the figures of an open report as they are now: each <data data-figure="rates.open.raw"> has the name of a figure in
// the events of /messages/:id/live.
(() => {
  const percent = (rate) => {
    const points = Math.abs(rate) * 100;
    if (points > 0 && points < 0.05) return 'under\u00a00.1\u00a0%';
    const isWhole = points === 0 || (points >= 9.95 && points < 99.5) || points >= 100;
    return `${points.toFixed(isWhole ? 0 : 1)}\u00a0%`;
  };
  const words = (name, value) => {
    if (value === null) return '–';
    return name.startsWith('rates.') ? percent(value) : value.toLocaleString('en');
  };
  const valueAt = (figures, name) => name.split('.').reduce((part, key) => part?.[key], figures);
  const note = document.getElementById('live');
  const source = new EventSource(document.currentScript.dataset.live);
  source.addEventListener('report', (event) => {
    const figures = JSON.parse(event.data);
    for (const shown of document.querySelectorAll('data[data-figure]')) {
      const name = shown.dataset.figure;
      const value = valueAt(figures, name);
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
