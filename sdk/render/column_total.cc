#include "sdk/render/column_total.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

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

// Doubles are added in limbs of 27 bits: a mantissa lies in three of them, 2^36 additions fit, and
// a limb behind the point is three limbs of decimal digits.
constexpr int kLimbBits = 27;
constexpr int64_t kBinaryBase = int64_t{1} << kLimbBits;
constexpr size_t kFractionLimbs = 40;                     // the smallest double is 2^-1074
constexpr size_t kBinaryLimbs = kFractionLimbs + 38 + 2;  // the largest is below 2^1024
constexpr size_t kDecimalsOfLimb = kLimbBits / kLimbDigits;
constexpr int64_t kFivePowerNine = 1'953'125;

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
    if (end != exponent.data() + exponent.size() || error == std::errc::invalid_argument) {
      return digits;
    }
    if (error == std::errc::result_out_of_range) {
      digits.exponent = std::numeric_limits<int>::max() * (exponent.starts_with('-') ? -1 : 1);
    }
    text = text.substr(0, e);
  }
  const size_t point = std::min(text.find('.'), text.size());
  digits.whole = text.substr(0, point);
  digits.fraction = text.substr(std::min(point + 1, text.size()));
  digits.valid = AllDigits(digits.whole) && AllDigits(digits.fraction) &&
                 digits.whole.size() + digits.fraction.size() > 0;
  return digits;
}

// Does the carries, so that each limb is a digit of the base. Of a negative sum, for which it
// returns true, they are the digits without the sign.
bool Settle(std::vector<int64_t>& limbs, int64_t base) {
  const auto carry = [&] {
    for (size_t i = 0; i + 1 < limbs.size(); ++i) {
      int64_t over = limbs[i] / base;
      if (limbs[i] % base < 0) --over;
      limbs[i] -= over * base;
      limbs[i + 1] += over;
    }
  };
  carry();
  if (limbs.back() >= 0) return false;
  for (int64_t& limb : limbs) limb = -limb;
  carry();
  return true;
}

// Of decimal limbs that are settled.
void MultiplyAdd(std::vector<int64_t>& limbs, int64_t factor, int64_t summand) {
  for (int64_t& limb : limbs) {
    summand += limb * factor;
    limb = summand % kLimbBase;
    summand /= kLimbBase;
  }
  if (summand > 0) limbs.push_back(summand);
}

std::string Print(std::vector<int64_t> limbs, size_t fraction_limbs, size_t decimals) {
  std::string text = Settle(limbs, kLimbBase) ? "-" : "";
  std::string all;  // every digit, the largest first
  for (size_t i = limbs.size(); i-- > 0;) {
    const std::string part = std::to_string(limbs[i]);
    all.append(kLimbDigits - std::min<size_t>(part.size(), kLimbDigits), '0');
    all += part;
  }
  const size_t point = all.size() - kLimbDigits * fraction_limbs;
  const size_t start = std::min(all.find_first_not_of('0'), point - 1);
  text += all.substr(start, point - start);
  if (decimals > 0) text.append(1, '.').append(all, point, decimals);
  return text;
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
  numbers_ = true;
  if (!std::isfinite(value)) return;
  floats_ = true;
  if (float_limbs_.empty()) float_limbs_.resize(kBinaryLimbs);
  constexpr int kMantissaBits = 52;
  const auto bits = std::bit_cast<uint64_t>(value);
  const uint64_t biased = bits >> kMantissaBits & 0x7FF;
  const uint64_t mantissa = bits & ((uint64_t{1} << kMantissaBits) - 1);
  const uint64_t whole = biased == 0 ? mantissa : mantissa | uint64_t{1} << kMantissaBits;
  // In units of the lowest limb's, 2^-1080: the value is `whole` * 2^(exponent - 1075).
  const uint64_t place = std::max<uint64_t>(biased, 1) + kFractionLimbs * kLimbBits - 1075;
  unsigned __int128 rest = static_cast<unsigned __int128>(whole) << place % kLimbBits;
  for (size_t i = place / kLimbBits; rest != 0; ++i, rest >>= kLimbBits) {
    const auto limb = static_cast<int64_t>(rest & (kBinaryBase - 1));
    float_limbs_[i] += value < 0 ? -limb : limb;
  }
}

std::string ColumnTotal::ExactText() const {
  std::vector<int64_t> sum = limbs_;
  sum.resize(kLimbs);
  if (float_limbs_.empty()) return Print(std::move(sum), kSideLimbs, static_cast<size_t>(scale_));

  std::vector<int64_t> bits = float_limbs_;
  const int64_t sign = Settle(bits, kBinaryBase) ? -1 : 1;
  const auto used = std::ranges::find_if(bits, [](int64_t limb) { return limb != 0; });
  const size_t lowest = std::min<size_t>(used - bits.begin(), kFractionLimbs);
  std::vector<int64_t> floats;
  for (size_t i = bits.size(); i-- > lowest;) MultiplyAdd(floats, kBinaryBase, bits[i]);
  // n / 2^27 is n * 5^27 / 10^27.
  const size_t float_decimals = kDecimalsOfLimb * (kFractionLimbs - lowest);
  for (size_t i = 0; i < float_decimals; ++i) MultiplyAdd(floats, kFivePowerNine, 0);

  const size_t decimals = std::max<size_t>(float_decimals, kSideLimbs);
  sum.insert(sum.begin(), decimals - kSideLimbs, 0);
  const size_t begin = decimals - float_decimals;
  sum.resize(std::max(sum.size(), begin + floats.size() + 1));
  for (size_t i = 0; i < floats.size(); ++i) sum[begin + i] += sign * floats[i];
  return Print(std::move(sum), decimals, decimals * kLimbDigits);
}

std::optional<std::string> ColumnTotal::Text() const {
  if (!numbers_ || others_) return std::nullopt;
  std::string exact = ExactText();
  if (!floats_) return exact;
  double total = 0;
  const auto error = std::from_chars(exact.data(), exact.data() + exact.size(), total).ec;
  const bool below_one = std::string_view(exact).substr(exact.starts_with('-')).starts_with("0.");
  if (error == std::errc::result_out_of_range && !below_one) return std::nullopt;
  std::string text;
  AppendPythonFloat(text, total);
  return text;
}

}  // namespace carrel::render
