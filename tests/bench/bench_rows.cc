#include "tests/bench/bench_rows.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace carrel::bench {
namespace {

using render::CellKind;

constexpr int64_t kStart = 1'577'836'800;  // 2020-01-01
constexpr std::array kStatuses = {"approved", "pending", "inquiring", "failed", "tiers_setup"};
constexpr std::array kTypes = {"purchase", "change", "suspend", "resume", "cancel"};
constexpr std::array kCities = {"Barcelona",
                                "S\xC3\xA3o Paulo",
                                "Z\xC3\xBCrich",
                                "Austin",
                                "Wroc\xC5\x82"
                                "aw",
                                "Manila",
                                "Johannesburg"};
constexpr std::array kCountries = {"ES", "BR", "CH", "US", "PL", "PH", "ZA"};

}  // namespace

BenchRows::BenchRows(size_t distinct) : distinct_(distinct) {
  cells_.reserve(distinct * kColumns);
  for (size_t i = 0; i < distinct; ++i) Add(static_cast<int64_t>(i));
}

void BenchRows::Text(std::string text) {
  render::Cell cell;
  cell.kind = CellKind::kText;
  cell.text = texts_.emplace_back(std::move(text));
  cells_.push_back(cell);
}

void BenchRows::DateTime(int64_t seconds) {
  cells_.push_back({.kind = CellKind::kDateTime, .micros = (kStart + seconds) * 1'000'000});
}

void BenchRows::Integer(int64_t value) {
  cells_.push_back({.kind = CellKind::kInteger, .integer = value});
}

void BenchRows::Number(double value) {
  cells_.push_back({.kind = CellKind::kFloat, .number = value});
}

void BenchRows::Add(int64_t i) {
  Text(fmt::format("PR-{:04}-{:04}-001", i / 10'000, i % 10'000));
  Text(fmt::format("AS-{:012}", i * 7));
  Text(kStatuses[static_cast<size_t>(i % 5)]);
  Text(kTypes[static_cast<size_t>(i / 3 % 5)]);
  DateTime(i * 61);
  DateTime(i * 61 + 3'599);
  DateTime(i / 24 * 86'400);
  const int64_t product = i % 50;
  Text(fmt::format("PRD-{:03}-{:03}-{:03}", product, product * 7 % 1000, product * 13 % 1000));
  Text(fmt::format("Cloud Product {} & Services", product));
  Text(fmt::format("PA-{:03}-{:03}", product % 11, product % 13));
  Text(fmt::format("Provider {} Inc.", product % 11));
  Text(fmt::format("VA-{:03}-{:03}", product % 17, product % 19));
  Text(fmt::format("Vendor {} Ltd.", product % 17));
  const int64_t customer = i * 31 % 1000;
  Text(fmt::format("TA-{:04}-{:04}-{:04}", customer, customer * 3 % 10'000, customer * 7));
  Text(fmt::format("Customer <{}> G\xC3\xB6teborg AB", customer));
  Text(fmt::format("{}", 1'000'000 + customer));
  Text(fmt::format("admin_{}@customer{}.example.com", customer, customer));
  Text(kCities[static_cast<size_t>(i % 7)]);
  Text(kCountries[static_cast<size_t>(i % 7)]);
  Text(fmt::format("MP-{:05}", product % 5));
  Text(fmt::format("Marketplace {}", product % 5));
  Text(fmt::format("HB-{:04}-{:04}", product % 5, product % 7));
  Text(fmt::format("Hub {}", product % 7));
  Text(i % 2 == 0 ? "new" : "existing");
  const int64_t quantity = i % 250 + 1;
  const double price = static_cast<double>(i % 100'000) / 100.0;
  Integer(quantity);
  Number(price);
  Number(price * static_cast<double>(quantity));
  Number(static_cast<double>(i % 7) / 7.0);
  Text(fmt::format("Ordered by the customer in week {}", i % 53));
}

}  // namespace carrel::bench
