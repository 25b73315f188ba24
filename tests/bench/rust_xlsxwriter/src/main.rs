//! The rows of the render benchmark through rust_xlsxwriter in its constant memory mode, made by
//! the same rule as in bench_rows.cc. Argument: the number of rows. Prints the seconds.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::time::Instant;

const DISTINCT: usize = 10_000;
const UNIX_DAY: f64 = 25_569.0; // 1970-01-01 as a serial
const START: i64 = 1_577_836_800; // 2020-01-01
const STATUSES: [&str; 5] = ["approved", "pending", "inquiring", "failed", "tiers_setup"];
const TYPES: [&str; 5] = ["purchase", "change", "suspend", "resume", "cancel"];
const CITIES: [&str; 7] =
    ["Barcelona", "São Paulo", "Zürich", "Austin", "Wrocław", "Manila", "Johannesburg"];
const COUNTRIES: [&str; 7] = ["ES", "BR", "CH", "US", "PL", "PH", "ZA"];

enum Cell {
    Text(String),
    Number(f64),
    DateTime(f64),
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_string())
}

fn date(seconds: i64) -> Cell {
    Cell::DateTime((START + seconds) as f64 / 86_400.0 + UNIX_DAY)
}

fn row(i: usize) -> Vec<Cell> {
    let p = i % 50;
    let c = i * 31 % 1000;
    let quantity = (i % 250 + 1) as f64;
    let price = (i % 100_000) as f64 / 100.0;
    vec![
        Cell::Text(format!("PR-{:04}-{:04}-001", i / 10_000, i % 10_000)),
        Cell::Text(format!("AS-{:012}", i * 7)),
        text(STATUSES[i % 5]),
        text(TYPES[i / 3 % 5]),
        date(i as i64 * 61),
        date(i as i64 * 61 + 3_599),
        date((i / 24) as i64 * 86_400),
        Cell::Text(format!("PRD-{:03}-{:03}-{:03}", p, p * 7 % 1000, p * 13 % 1000)),
        Cell::Text(format!("Cloud Product {} & Services", p)),
        Cell::Text(format!("PA-{:03}-{:03}", p % 11, p % 13)),
        Cell::Text(format!("Provider {} Inc.", p % 11)),
        Cell::Text(format!("VA-{:03}-{:03}", p % 17, p % 19)),
        Cell::Text(format!("Vendor {} Ltd.", p % 17)),
        Cell::Text(format!("TA-{:04}-{:04}-{:04}", c, c * 3 % 10_000, c * 7)),
        Cell::Text(format!("Customer <{}> Göteborg AB", c)),
        Cell::Text(format!("{}", 1_000_000 + c)),
        Cell::Text(format!("admin_{}@customer{}.example.com", c, c)),
        text(CITIES[i % 7]),
        text(COUNTRIES[i % 7]),
        Cell::Text(format!("MP-{:05}", p % 5)),
        Cell::Text(format!("Marketplace {}", p % 5)),
        Cell::Text(format!("HB-{:04}-{:04}", p % 5, p % 7)),
        Cell::Text(format!("Hub {}", p % 7)),
        text(if i % 2 == 0 { "new" } else { "existing" }),
        Cell::Number(quantity),
        Cell::Number(price),
        Cell::Number(price * quantity),
        Cell::Number((i % 7) as f64 / 7.0),
        Cell::Text(format!("Ordered by the customer in week {}", i % 53)),
    ]
}

fn main() -> Result<(), XlsxError> {
    let count: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200_000);
    let rows: Vec<Vec<Cell>> = (0..DISTINCT).map(row).collect();
    let path = std::env::temp_dir().join(format!("rust_xlsxwriter.{}", std::process::id()));
    let start = Instant::now();
    let mut book = Workbook::new();
    let dates = Format::new().set_num_format("yyyy-mm-dd h:mm:ss");
    let sheet = book.add_worksheet_with_constant_memory();
    for i in 0..count {
        let line = i as u32 + 1;
        for (column, cell) in rows[i % DISTINCT].iter().enumerate() {
            let column = column as u16;
            match cell {
                Cell::Text(value) => sheet.write_string(line, column, value.as_str())?,
                Cell::Number(value) => sheet.write_number(line, column, *value)?,
                Cell::DateTime(value) => {
                    sheet.write_number_with_format(line, column, *value, &dates)?
                }
            };
        }
    }
    book.save(&path)?;
    let seconds = start.elapsed().as_secs_f64();
    let _ = std::fs::remove_file(&path);
    println!("{seconds}");
    Ok(())
}
