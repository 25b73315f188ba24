#include "runtime/base/decimal.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>

namespace carrel {
namespace {

using Int128 = __int128;
using Uint128 = unsigned __int128;

constexpr size_t kShortDigits = 18;
constexpr size_t kSafeDigits = 15;  // a double keeps so many digits of any decimal
constexpr int kFormulaDigits = 17;  // which only a double needs that no short decimal names
constexpr int64_t kLimb = 1'000'000'000;
constexpr int kLimbDigits = 9;

constexpr auto kPowers = [] {
  std::array<Int128, Decimal::kMaxDigits + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

constexpr Int128 Power(int exponent) { return kPowers[static_cast<size_t>(exponent)]; }

Uint128 Magnitude(Int128 value) {
  return value < 0 ? -static_cast<Uint128>(value) : static_cast<Uint128>(value);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Digits of a magnitude, most significant first; returns their number.
size_t PrintDigits(Uint128 value, char (&out)[40]) {
  char* end = out + sizeof out;
  char* at = end;
  while (value > UINT64_MAX) {
    auto low = static_cast<uint64_t>(value % 10'000'000'000'000'000'000U);
    value /= 10'000'000'000'000'000'000U;
    for (int i = 0; i < 19; ++i, low /= 10) *--at = static_cast<char>('0' + low % 10);
  }
  for (auto low = static_cast<uint64_t>(value); low > 0; low /= 10) {
    *--at = static_cast<char>('0' + low % 10);
  }
  const auto size = static_cast<size_t>(end - at);
  std::copy(at, end, out);
  return size;
}

// "123", 2 -> "1.23"
std::string WithPoint(std::string digits, size_t scale) {
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, 1, '.');
  return digits;
}

struct Number {
  Uint128 digits = 0;
  int count = 0;     // significant digits read
  int zeros = 0;     // at their end
  int fraction = 0;  // digits behind the point
  int exponent = 0;
  bool negative = false;
  bool has_exponent = false;
  bool overflow = false;  // more than 38 significant digits
};

// Reads "e-12"; false when it is not one. Beyond four digits the size no longer matters.
bool ReadExponent(std::string_view text, Number& number) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  for (const char c : text) {
    if (!IsDigit(c)) return false;
    number.exponent = std::min(number.exponent * 10 + (c - '0'), 9999);
  }
  if (negative) number.exponent = -number.exponent;
  number.has_exponent = true;
  return true;
}

void TakeDigit(Number& number, int digit, bool behind_point) {
  if (behind_point) ++number.fraction;
  if (number.count == 0 && digit == 0) return;
  ++number.count;
  number.zeros = digit == 0 ? number.zeros + 1 : 0;
  if (number.count > Decimal::kMaxDigits) {
    // Zeros behind the 38th digit are not kept, others make the number too long.
    number.overflow = number.overflow || digit != 0;
    return;
  }
  number.digits = number.digits * 10 + static_cast<unsigned>(digit);
}

bool ReadNumber(std::string_view text, Number& number) {
  size_t at = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    number.negative = text[0] == '-';
    at = 1;
  }
  const size_t first = at;
  bool point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (IsDigit(c)) {
      TakeDigit(number, c - '0', point);
    } else if (c == '.' && !point) {
      point = true;
    } else {
      break;
    }
  }
  if (at - first == static_cast<size_t>(point)) return false;  // no digit
  if (at == text.size()) return true;
  return (text[at] == 'e' || text[at] == 'E') && ReadExponent(text.substr(at + 1), number);
}

std::expected<Decimal, DecimalFault> Finish(const Number& number) {
  if (number.digits == 0) return Decimal();
  const int kept = std::min(number.count, Decimal::kMaxDigits);
  const int dropped = number.count - kept;  // digits not in number.digits
  const int scale = number.fraction - number.exponent - dropped;
  if (kept - scale > Decimal::kMaxDigits) return std::unexpected(DecimalFault::kTooLarge);
  if (number.overflow) return std::unexpected(DecimalFault::kTooManyDigits);
  auto units = static_cast<Int128>(number.digits);
  if (number.negative) units = -units;
  if (scale < 0) return Decimal::Make(units * Power(-scale), 0);
  const int zeros = std::min(number.zeros - dropped, scale);
  if (scale - std::max(zeros, 0) > Decimal::kMaxDigits) {
    return std::unexpected(DecimalFault::kTooManyDigits);
  }
  if (zeros > 0) return Decimal::Make(units / Power(zeros), scale - zeros);
  return Decimal::Make(units, scale);
}

uint64_t Load(const char* at, size_t size) {
  uint64_t value = 0;
  std::memcpy(&value, at, size);
  return value;
}

// 1 to 8 bytes as a number whose lowest byte is the first.
uint64_t LoadUpToEight(std::string_view text) {
  const char* at = text.data();
  const size_t size = text.size();
  if (size >= 4) {
    return Load(at, 4) | Load(at + size - 4, 4) << (8 * (size - 4));
  }
  return Load(at, 1) | Load(at + size / 2, 1) << (8 * (size / 2)) |
         Load(at + size - 1, 1) << (8 * (size - 1));
}

constexpr uint64_t kOnes = 0x0101010101010101;

// All at once, without a branch for each: up to 8 characters, one of which may be a point.
bool ReadEight(std::string_view text, uint64_t& value, size_t& scale) {
  uint64_t bytes = LoadUpToEight(text);
  size_t count = text.size();
  const uint64_t no_point = bytes ^ (kOnes * '.');
  const uint64_t points = (no_point - kOnes) & ~no_point & (kOnes << 7);
  if (points != 0) {
    const auto at = static_cast<size_t>(std::countr_zero(points)) / 8;
    const uint64_t before = (uint64_t{1} << (8 * at)) - 1;
    bytes = (bytes & before) | (bytes >> 8 & ~before);
    --count;
    scale = count - at;
    if (count == 0) return false;
  }
  // Zeros in front, so that there are always eight digits.
  const size_t pad = 8 * (8 - count);
  bytes = bytes << pad | (pad == 0 ? 0 : (kOnes * '0') >> (64 - pad));
  const uint64_t digits = bytes ^ (kOnes * '0');
  if ((((digits + kOnes * 0x76) | digits) & (kOnes << 7)) != 0) return false;
  const uint64_t pairs = digits * 10 + (digits >> 8);
  constexpr uint64_t kMask = 0x000000FF000000FF;
  value =
      ((pairs & kMask) * 0x000F424000000064 + ((pairs >> 16) & kMask) * 0x0000271000000001) >> 32;
  value &= UINT32_MAX;
  return true;
}

bool ReadLoop(std::string_view text, size_t max_digits, uint64_t& digits, size_t& scale) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const char* const first = at;
  const auto take = [&] {
    for (; at < end && IsDigit(*at); ++at) digits = digits * 10 + static_cast<uint64_t>(*at - '0');
  };
  take();
  auto count = static_cast<size_t>(at - first);
  if (at < end && *at == '.') {
    const char* const fraction = ++at;
    take();
    scale = static_cast<size_t>(at - fraction);
    count += scale;
  }
  return at == end && count > 0 && count <= max_digits;
}

using DoubleText = std::array<char, 32>;

std::string_view Print(double value, DoubleText& out) {
  const auto end =
      std::to_chars(out.data(), out.data() + out.size(), value, std::chars_format::scientific);
  return {out.data(), end.ptr};
}

// The digits of a formula's result that spreadsheets show; "" when they are another number than the
// result but for the rounding of one step.
std::string_view PrintAsShown(double value, DoubleText& out) {
  if (value == std::trunc(value)) return {};
  const auto end = std::to_chars(out.data(), out.data() + out.size(), value,
                                 std::chars_format::scientific, kSafeDigits - 1);
  double shown = 0;
  std::from_chars(out.data(), end.ptr, shown);
  const bool is_near = shown == value || shown == std::nextafter(value, shown);
  return is_near ? std::string_view(out.data(), end.ptr) : std::string_view();
}

}  // namespace

Decimal Decimal::Make(Int128 units, int scale) {
  if (scale == 0) return {units, 0, Shortest{}};
  if (units == 0) return {};
  if (units == static_cast<int64_t>(units)) {
    auto small = static_cast<int64_t>(units);
    for (; scale > 0 && small % 10 == 0; --scale) small /= 10;
    return {small, scale, Shortest{}};
  }
  for (; scale > 0 && units % 10 == 0; --scale) units /= 10;
  return {units, scale, Shortest{}};
}

// What nearly every cell holds: up to 18 digits with at most one point.
bool Decimal::ParseShort(std::string_view text, size_t max_digits, Decimal& out) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  uint64_t digits = 0;
  size_t scale = 0;
  if (text.empty() || text.size() > 19) return false;
  if (text.size() <= 8 && std::endian::native == std::endian::little) {
    if (!ReadEight(text, digits, scale)) return false;
  } else if (!ReadLoop(text, max_digits, digits, scale)) {
    return false;
  }
  for (; scale > 0 && digits % 10 == 0; --scale) digits /= 10;
  const auto units = static_cast<int64_t>(digits);
  out.Set(negative ? -units : units, static_cast<uint8_t>(scale));
  return true;
}

DecimalFault Decimal::Parse(std::string_view text, Decimal& out) {
  if (ParseShort(text, kShortDigits, out)) return DecimalFault::kNone;
  const auto value = Parse(text);
  if (!value) return value.error();
  out = *value;
  return DecimalFault::kNone;
}

DecimalFault Decimal::ParseSpreadsheet(std::string_view text, Decimal& out) {
  if (ParseShort(text, kSafeDigits, out)) return DecimalFault::kNone;
  const auto value = ParseSpreadsheet(text);
  if (!value) return value.error();
  out = *value;
  return DecimalFault::kNone;
}

std::expected<Decimal, DecimalFault> Decimal::Parse(std::string_view text) {
  Decimal small;
  if (ParseShort(text, kShortDigits, small)) return small;
  Number number;
  if (!ReadNumber(text, number)) return std::unexpected(DecimalFault::kNotANumber);
  return Finish(number);
}

std::expected<Decimal, DecimalFault> Decimal::ParseSpreadsheet(std::string_view text) {
  Decimal small;
  if (ParseShort(text, kSafeDigits, small)) return small;
  Number number;
  if (!ReadNumber(text, number)) return std::unexpected(DecimalFault::kNotANumber);
  if (!number.has_exponent && number.count <= static_cast<int>(kSafeDigits)) return Finish(number);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) {
    return std::unexpected(number.digits == 0 || number.exponent < 0 ? DecimalFault::kTooManyDigits
                                                                     : DecimalFault::kTooLarge);
  }
  DoubleText buffer;
  if (number.count >= kFormulaDigits) {
    if (const std::string_view shown = PrintAsShown(value, buffer); !shown.empty()) {
      return Parse(shown);
    }
  }
  return Parse(Print(value, buffer));
}

std::optional<int64_t> Decimal::Scaled(int scale) const {
  if (scale_ > scale) return std::nullopt;
  Int128 out = 0;
  if (__builtin_mul_overflow(units(), Power(scale - scale_), &out)) return std::nullopt;
  if (out != static_cast<int64_t>(out)) return std::nullopt;
  return static_cast<int64_t>(out);
}

std::optional<Decimal> Decimal::Plus(const Decimal& other) const {
  DecimalSum sum;
  sum.Add(*this);
  sum.Add(other);
  return sum.Total();
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  const Int128 a = units();
  const Int128 b = other.units();
  if (scale_ == other.scale_) return a <=> b;
  if ((a < 0) != (b < 0)) return a < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
  // The one with fewer digits behind the point grows; when it does not fit, it is the larger.
  const bool grow_a = scale_ < other.scale_;
  Int128 grown = 0;
  const int by = grow_a ? other.scale_ - scale_ : scale_ - other.scale_;
  if (__builtin_mul_overflow(grow_a ? a : b, Power(by), &grown)) {
    const bool a_is_greater = grow_a == (a > 0);
    return a_is_greater ? std::strong_ordering::greater : std::strong_ordering::less;
  }
  return grow_a ? grown <=> b : a <=> grown;
}

std::string Decimal::ToString() const {
  char digits[40];
  const size_t size = PrintDigits(Magnitude(units()), digits);
  if (size == 0) return "0";
  std::string out = WithPoint({digits, size}, scale_);
  if (is_negative()) out.insert(0, 1, '-');
  return out;
}

void DecimalSum::AddTo(Wide& wide, Int128 units, int scale) {
  const bool negative = units < 0;
  Uint128 rest = Magnitude(units);
  const int shift = Decimal::kMaxDigits - scale;
  const auto factor = static_cast<uint64_t>(Power(shift % kLimbDigits));
  for (auto i = static_cast<size_t>(shift / kLimbDigits); rest > 0; ++i) {
    const uint64_t part = static_cast<uint64_t>(rest % kLimb) * factor;
    rest /= kLimb;
    const auto low = static_cast<int64_t>(part % kLimb);
    const auto high = static_cast<int64_t>(part / kLimb);
    wide[i] += negative ? -low : low;
    if (high != 0) wide[i + 1] += negative ? -high : high;
  }
}

void DecimalSum::Add(const Decimal& value) {
  if (value.is_zero()) return;
  Int128 sum = 0;
  if (value.scale() == scale_) {
    if (!__builtin_add_overflow(units_, value.units(), &sum)) {
      units_ = sum;
      return;
    }
  } else if (value.scale() < scale_) {
    Int128 grown = 0;
    if (!__builtin_mul_overflow(value.units(), Power(scale_ - value.scale()), &grown) &&
        !__builtin_add_overflow(units_, grown, &sum)) {
      units_ = sum;
      return;
    }
  } else {
    Int128 grown = 0;
    if (!__builtin_mul_overflow(units_, Power(value.scale() - scale_), &grown) &&
        !__builtin_add_overflow(grown, value.units(), &sum)) {
      units_ = sum;
      scale_ = value.scale();
      return;
    }
  }
  if (!wide_) wide_ = std::make_unique<Wide>();
  AddTo(*wide_, units_, scale_);
  units_ = value.units();
  scale_ = value.scale();
}

void DecimalSum::Add(const DecimalSum& other) {
  if (other.wide_ || Magnitude(other.units_) >= static_cast<Uint128>(Power(38))) {
    if (!wide_) wide_ = std::make_unique<Wide>();
    if (other.wide_) {
      for (size_t i = 0; i < wide_->size(); ++i) (*wide_)[i] += (*other.wide_)[i];
    }
    AddTo(*wide_, other.units_, other.scale_);
    return;
  }
  Add(Decimal::Make(other.units_, other.scale_));
}

std::optional<Decimal> DecimalSum::Total() const {
  const auto value = Decimal::Parse(ToString());
  return value ? std::optional(*value) : std::nullopt;
}

std::string DecimalSum::ToString() const {
  if (!wide_ && Magnitude(units_) < static_cast<Uint128>(Power(38))) {
    return Decimal::Make(units_, scale_).ToString();
  }
  Wide limbs = wide_ ? *wide_ : Wide{};
  AddTo(limbs, units_, scale_);
  for (size_t i = 0; i + 1 < limbs.size(); ++i) {
    limbs[i + 1] += limbs[i] / kLimb;
    limbs[i] %= kLimb;
  }
  // The sign is that of the highest limb; borrow so that the others have it too.
  const auto top = std::ranges::find_if(limbs.rbegin(), limbs.rend(), [](int64_t l) { return l; });
  if (top == limbs.rend()) return "0";
  const int64_t sign = *top < 0 ? -1 : 1;
  for (size_t i = 0; i + 1 < limbs.size(); ++i) {
    if (limbs[i] * sign >= 0) continue;
    limbs[i] += sign * kLimb;
    limbs[i + 1] -= sign;
  }
  std::string digits;
  for (size_t i = limbs.size(); i-- > 0;) {
    const std::string part = std::to_string(limbs[i] * sign);
    digits.append(digits.empty() ? 0 : kLimbDigits - part.size(), '0');
    if (!digits.empty() || part != "0") digits += part;
  }
  std::string out = WithPoint(digits, Decimal::kMaxDigits);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return sign < 0 ? "-" + out : out;
}

}  // namespace carrel
