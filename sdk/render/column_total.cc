#include "sdk/render/column_total.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sdk/render/cell_text.h"
#include "sdk/render/number_text.h"

namespace carrel::render {
namespace {

constexpr int kLimbDigits = 9;
constexpr int64_t kLimbBase = 1'000'000'000;
constexpr int kSideLimbs = 34;                         // before and behind the point
constexpr int kMaxPower = kSideLimbs * kLimbDigits;    // 306
constexpr size_t kLimbs = size_t{2} * kSideLimbs + 2;  // the rest holds the carry
constexpr int64_t kPowers[kLimbDigits] = {1,       10,        100,        1'000,      10'000,
                                          100'000, 1'000'000, 10'000'000, 100'000'000};

struct Digits {
  bool negative = false;
  std::string_view whole, fraction;
  int exponent = 0;
  bool valid = false;
};

bool AllDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "-12.30E+2"
Digits Split(std::string_view text) {
  Digits digits;
  if (text.starts_with('-') || text.starts_with('+')) {
    digits.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (const size_t e = text.find_first_of("eE"); e != text.npos) {
    std::string_view exponent = text.substr(e + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(exponent.data(), exponent.data() + exponent.size(), digits.exponent);
    if (end != exponent.data() + exponent.size() || error != std::errc()) return digits;
    text = text.substr(0, e);
  }
  const size_t point = std::min(text.find('.'), text.size());
  digits.whole = text.substr(0, point);
  digits.fraction = text.substr(std::min(point + 1, text.size()));
  digits.valid = AllDigits(digits.whole) && AllDigits(digits.fraction) &&
                 digits.whole.size() + digits.fraction.size() > 0;
  return digits;
}

}  // namespace

void ColumnTotal::Add(const Cell& cell) {
  switch (cell.kind) {
    case CellKind::kNone:
      return;
    case CellKind::kInteger: {
      char buffer[24];
      return AddDigits({buffer, std::to_chars(buffer, buffer + sizeof buffer, cell.integer).ptr});
    }
    case CellKind::kBigInteger:
    case CellKind::kDecimal:
      return AddDigits(cell.text);
    case CellKind::kFloat:
      return AddFloat(cell.number);
    case CellKind::kText:
      others_ |= !cell.text.empty();
      return;
    default:
      others_ = true;
  }
}

void ColumnTotal::AddDigits(std::string_view text) {
  numbers_ = true;
  const Digits digits = Split(text);
  if (!digits.valid) return;  // "NaN", "Infinity"
  const int64_t first = static_cast<int64_t>(digits.whole.size()) - 1 + digits.exponent;
  const int64_t last = -static_cast<int64_t>(digits.fraction.size()) + digits.exponent;
  if (first >= kMaxPower || last < -kMaxPower) {
    others_ = true;
    return;
  }
  if (limbs_.empty()) limbs_.resize(kLimbs);
  scale_ = std::max(scale_, static_cast<int>(-last));
  int64_t power = first + kMaxPower;
  for (const std::string_view part : {digits.whole, digits.fraction}) {
    for (const char c : part) {
      const int64_t value = (c - '0') * kPowers[power % kLimbDigits];
      limbs_[static_cast<size_t>(power / kLimbDigits)] += digits.negative ? -value : value;
      --power;
    }
  }
}

void ColumnTotal::AddFloat(double value) {
  numbers_ = floats_ = true;
  if (!std::isfinite(value)) return;
  const double next = sum_ + value;
  compensation_ +=
      std::fabs(sum_) >= std::fabs(value) ? (sum_ - next) + value : (value - next) + sum_;
  sum_ = next;
}

std::string ColumnTotal::ExactText() const {
  std::vector<int64_t> limbs = limbs_;
  limbs.resize(kLimbs);
  const auto carry = [&] {
    for (size_t i = 0; i + 1 < kLimbs; ++i) {
      int64_t over = limbs[i] / kLimbBase;
      if (limbs[i] % kLimbBase < 0) --over;
      limbs[i] -= over * kLimbBase;
      limbs[i + 1] += over;
    }
  };
  carry();
  const bool negative = limbs.back() < 0;
  if (negative) {
    for (int64_t& limb : limbs) limb = -limb;
    carry();
  }
  std::string all;  // every digit, the largest first
  for (size_t i = kLimbs; i-- > 0;) {
    std::string part = std::to_string(limbs[i]);
    all.append(kLimbDigits - std::min<size_t>(part.size(), kLimbDigits), '0');
    all += part;
  }
  const size_t point = all.size() - kMaxPower;
  const size_t start = std::min(all.find_first_not_of('0'), point - 1);
  std::string text = negative ? "-" : "";
  text += all.substr(start, point - start);
  if (scale_ > 0) text += "." + all.substr(point, static_cast<size_t>(scale_));
  return text;
}

std::string ColumnTotal::Text() const {
  std::string exact = ExactText();
  if (!floats_) return exact;
  double total = 0;
  std::from_chars(exact.data(), exact.data() + exact.size(), total);
  std::string text;
  AppendPythonFloat(text, total + (sum_ + compensation_));
  return text;
}

}  // namespace carrel::render
