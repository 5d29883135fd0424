'use strict';
(() => {
  const controls = document.getElementById('controls');
  if (!controls) return;
  const [search, act, state] = ['search', 'act', 'state'].map((id) => document.getElementById(id));
  const shown = document.getElementById('shown');
  const rows = Array.from(document.querySelectorAll('#steps tbody tr'), (row) => ({
    row,
    text: row.textContent.toLowerCase(),
  }));
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { row, text } of rows) {
      const fits =
        (!act.value || row.dataset.act === act.value) &&
        (!state.value || row.dataset.state === state.value) &&
        words.every((word) => text.includes(word));
      row.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = `${count.toLocaleString('en')} of ${rows.length.toLocaleString('en')} shown`;
  };
  for (const control of [search, act, state]) control.addEventListener('input', filter);
  controls.hidden = false;
  filter();
})();
