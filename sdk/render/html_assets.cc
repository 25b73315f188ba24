#include "sdk/render/html_assets.h"

namespace carrel::render {

const std::string_view kPageStyle = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1b1f24;--soft:#5c6670;--line:#dfe3e8;
--head:#eef1f5;--hover:#f3f6fb;--accent:#0b62c4;--on-accent:#fff;
--c0:#2f6fd0;--c1:#e07b1a;--c2:#2b9a66;--c3:#c2417c;--c4:#7a5cc9;--c5:#178a9e;--c6:#a8801a;--c7:#6b7480}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1c2026;--text:#e6e9ed;--soft:#9aa4af;
--line:#323943;--head:#252b33;--hover:#232a33;--accent:#6aa8f7;--on-accent:#0d1420;
--c0:#6aa0f0;--c1:#f2a057;--c2:#5cc795;--c3:#ec7fae;--c4:#a992ee;--c5:#54bccf;--c6:#d8b552;--c7:#9aa4af}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.page{display:flex;flex-direction:column;gap:1.25rem;max-width:100rem;margin:0 auto;padding:2rem 1.5rem}
h1{font-size:1.6rem;line-height:1.25;margin:0;overflow-wrap:anywhere}
.sub{color:var(--soft);margin:.25rem 0 0}
.charts{order:1;display:grid;gap:1.25rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr))}
.data{order:2}.note-rows{order:3}.about{order:4}
figure,.card,.about{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:0}
figure{padding:1rem 1.1rem;min-width:0}
figcaption{font-weight:600;margin-bottom:.5rem;overflow-wrap:anywhere}
svg{display:block;width:100%;height:auto;overflow:visible}
.t{font-size:12px;fill:var(--soft)}.e{text-anchor:end}.m{text-anchor:middle}
.g{stroke:var(--line)}.z{stroke:var(--soft)}.o{opacity:.6}
path[class^=l]{fill:none;stroke-width:2;stroke-linejoin:round}
.f0{fill:var(--c0)}.l0{stroke:var(--c0)}.k0{background:var(--c0)}.f1{fill:var(--c1)}.l1{stroke:var(--c1)}.k1{background:var(--c1)}
.f2{fill:var(--c2)}.l2{stroke:var(--c2)}.k2{background:var(--c2)}.f3{fill:var(--c3)}.l3{stroke:var(--c3)}.k3{background:var(--c3)}
.f4{fill:var(--c4)}.l4{stroke:var(--c4)}.k4{background:var(--c4)}.f5{fill:var(--c5)}.l5{stroke:var(--c5)}.k5{background:var(--c5)}
.f6{fill:var(--c6)}.l6{stroke:var(--c6)}.k6{background:var(--c6)}.f7{fill:var(--c7)}.l7{stroke:var(--c7)}.k7{background:var(--c7)}
.legend{display:flex;flex-wrap:wrap;gap:.15rem .5rem;align-items:center;margin:.5rem 0 0;font-size:.85rem}
.legend span+.key{margin-left:.6rem}
.key{display:inline-block;width:.8rem;height:.8rem;border-radius:3px}
.note,.note-rows{color:var(--soft);font-size:.85rem;margin:.25rem 0 0}
.tools{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;padding:.75rem 1rem;
border-bottom:1px solid var(--line)}
.tools input{flex:1 1 16rem;max-width:26rem}
.tools output{color:var(--soft);font-size:.9rem;margin-left:auto}
input,.save{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);
border-radius:7px;padding:.35rem .6rem;min-width:0}
.save{background:var(--accent);border-color:var(--accent);color:var(--on-accent);cursor:pointer;
font-weight:600}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.scroll{overflow:auto;max-height:80vh;border-radius:0 0 10px 10px}
table{border-collapse:separate;border-spacing:0;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.4rem .75rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td{white-space:pre-wrap;overflow-wrap:break-word;max-width:36rem}
td.n,th.n{text-align:right;white-space:nowrap}td.w{white-space:nowrap}
thead{position:sticky;top:0;z-index:2}tfoot{position:sticky;bottom:0;z-index:1}
thead th{background:var(--head);white-space:nowrap;padding:0 .35rem}
thead th button{all:unset;box-sizing:border-box;cursor:pointer;width:100%;padding:.45rem .4rem;font-weight:600}
thead th button:focus-visible{outline:2px solid var(--accent);outline-offset:-2px}
thead th span.name{display:block;padding:.45rem .4rem}
th[aria-sort=ascending] button::after{content:" \25B2";font-size:.7em}
th[aria-sort=descending] button::after{content:" \25BC";font-size:.7em}
tr.find th{padding:0 .35rem .4rem}tr.find input{width:100%;font-weight:400;padding:.15rem .4rem;font-size:.85rem}
tfoot td{background:var(--head);font-weight:600;border-top:1px solid var(--line);border-bottom:0}
tbody tr:hover{background:var(--hover)}
.about{padding:.75rem 1rem}.about summary{cursor:pointer;font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.25rem;margin:.75rem 0 .25rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
pre{margin:0;white-space:pre-wrap;font-size:.85rem}
.empty{padding:2rem;text-align:center;color:var(--soft)}
@media (max-width:40rem){.page{padding:1rem .75rem}dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
@media print{body{background:none}.tools,tr.find{display:none}.scroll{max-height:none;overflow:visible}
thead,tfoot{position:static}figure{break-inside:avoid}}
)css";

const std::string_view kPageScript = R"js(
(() => {
'use strict';
const table = document.getElementById('rows');
const tools = document.getElementById('tools');
if (!table || !tools) return;
const body = table.tBodies[0];
const rows = Array.from(body.rows);
const heads = Array.from(table.tHead.rows[0].cells);
const count = document.getElementById('count');
const search = document.getElementById('search');
const text = (row, i) => (row.cells[i] ? row.cells[i].textContent : '');
// Of each column what its cells hold, those that are empty aside: 'number', 'value' (numbers, and
// texts that sort by a number), or 'text'.
const kinds = heads.map((_, i) => {
  let kind = '';
  for (const row of rows) {
    const cell = row.cells[i];
    if (!cell || cell.textContent === '') continue;
    if (cell.className === 'n') kind = kind || 'number';
    else if (cell.hasAttribute('data-v')) kind = 'value';
    else return 'text';
  }
  return kind || 'text';
});
heads.forEach((head, i) => head.classList.toggle('n', kinds[i] === 'number'));

// A number in any notation: its sign, the place of its first digit, its digits without zeros at
// either end. So numbers of any size compare digit by digit. Null for what is none, as NaN.
const number = (shown) => {
  const endless = /^([+-]?)inf(?:inity)?$/i.exec(shown);
  if (endless) return {sign: endless[1] === '-' ? -1 : 1, place: Infinity, digits: ''};
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(shown);
  if (!parts) return null;
  const [, sign, whole, fraction = '', power = '0'] = parts;
  const all = whole + fraction;
  if (all === '') return null;
  const first = all.search(/[1-9]/);
  if (first < 0) return {sign: 0, place: 0, digits: ''};
  let end = all.length;
  while (all[end - 1] === '0') end--;
  return {sign: sign === '-' ? -1 : 1, place: whole.length - first + Number(power),
    digits: all.slice(first, end)};
};
const difference = (a, b) => {
  if (a.sign !== b.sign) return a.sign - b.sign;
  if (a.place !== b.place) return a.place < b.place ? -a.sign : a.sign;
  return a.digits === b.digits ? 0 : a.digits < b.digits ? -a.sign : a.sign;
};
// A cell whose text is not the number by which it sorts has that as an attribute.
const value = (row, i) => {
  const cell = row.cells[i];
  return cell ? number(cell.getAttribute('data-v') ?? cell.textContent) : null;
};

const collator = new Intl.Collator(undefined, {numeric: true});
const sort = (i) => {
  const now = heads[i].getAttribute('aria-sort');
  const next = now === 'none' ? 'ascending' : now === 'ascending' ? 'descending' : 'none';
  heads.forEach((head) => head.setAttribute('aria-sort', 'none'));
  heads[i].setAttribute('aria-sort', next);
  let order = rows;
  if (next !== 'none') {
    const isValue = kinds[i] !== 'text';
    const key = (row) => (isValue ? value(row, i) : text(row, i) || null);
    const up = isValue ? difference : collator.compare;
    const turn = next === 'ascending' ? 1 : -1;
    order = rows.map((row) => ({row, key: key(row)}))
      .sort((a, b) => (a.key === null || b.key === null
        ? (a.key === null) - (b.key === null) : turn * up(a.key, b.key)))
      .map((keyed) => keyed.row);
  }
  const all = document.createDocumentFragment();
  order.forEach((row) => all.appendChild(row));
  body.appendChild(all);
};

const filters = heads.map(() => null);
// ">5", "<= 2", "=a", or a part of the text in any case.
const condition = (wanted, i) => {
  if (wanted === '') return null;
  const sign = /^(<=|>=|<|>|=)\s*(.+)$/.exec(wanted);
  const limit = sign && kinds[i] === 'number' ? number(sign[2]) : null;
  if (limit) {
    return (row) => {
      const n = value(row, i);
      if (!n) return false;
      const over = difference(n, limit);
      return sign[1] === '<' ? over < 0 : sign[1] === '>' ? over > 0
        : sign[1] === '<=' ? over <= 0 : sign[1] === '>=' ? over >= 0 : over === 0;
    };
  }
  if (sign && sign[1] === '=') return (row) => text(row, i) === sign[2];
  const part = wanted.toLowerCase();
  return (row) => text(row, i).toLowerCase().includes(part);
};
let texts = null;  // of each row, for the search; what is searched for holds no line end
const apply = () => {
  const part = search.value.trim().toLowerCase();
  if (part !== '' && texts === null) {
    texts = rows.map((row) =>
      Array.from(row.cells, (cell) => cell.textContent).join('\n').toLowerCase());
  }
  let left = 0;
  rows.forEach((row, at) => {
    const show = (part === '' || texts[at].includes(part)) &&
      filters.every((matches) => !matches || matches(row));
    row.hidden = !show;
    if (show) left++;
  });
  count.textContent = left === rows.length ? '' : left.toLocaleString('en') + ' of ' +
    rows.length.toLocaleString('en') + ' rows';
};
let timer = 0;
const soon = () => { clearTimeout(timer); timer = setTimeout(apply, 120); };

heads.forEach((head, i) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = head.textContent;
  button.addEventListener('click', () => sort(i));
  head.replaceChildren(button);
  head.setAttribute('aria-sort', 'none');
});
const line = table.tHead.insertRow();
line.className = 'find';
heads.forEach((head, i) => {
  const cell = document.createElement('th');
  const field = document.createElement('input');
  field.type = 'search';
  field.setAttribute('aria-label', 'Filter ' + head.textContent);
  field.placeholder = kinds[i] === 'number' ? '> 0' : 'filter';
  field.addEventListener('input', () => { filters[i] = condition(field.value.trim(), i); soon(); });
  cell.appendChild(field);
  line.appendChild(cell);
});
search.addEventListener('input', soon);
tools.hidden = false;

const save = document.getElementById('save');
save.addEventListener('click', async () => {
  const parts = Array.from(document.querySelectorAll('script.d'), (block) =>
    Uint8Array.from(atob(block.textContent), (c) => c.charCodeAt(0)));
  let data = new Blob(parts), name = save.dataset.name + '.csv';
  if (typeof DecompressionStream === 'undefined') {
    name += '.gz';
  } else {
    data = await new Response(data.stream().pipeThrough(new DecompressionStream('gzip'))).blob();
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(data);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
});
})();
)js";

}  // namespace carrel::render
