// SheetJS over one workbook: read_peer.js FILE ROUNDS. Prints the seconds of the best round and the
// peak memory in MiB.
'use strict';
const XLSX = require('xlsx');

const [file, rounds] = process.argv.slice(2);
let best = Infinity;
for (let round = 0; round < Number(rounds); round++) {
  const begin = process.hrtime.bigint();
  const book = XLSX.readFile(file, { dense: true });
  for (const name of book.SheetNames) XLSX.utils.sheet_to_json(book.Sheets[name], { header: 1 });
  best = Math.min(best, Number(process.hrtime.bigint() - begin) / 1e9);
}
console.log(best, Math.round(process.resourceUsage().maxRSS / 1024));
