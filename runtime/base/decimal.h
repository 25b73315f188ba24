// Exact decimal numbers for quantities and amounts, so that none of them ever passes through a
// binary float: fixed point in 128 bits, and sums that cannot overflow.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carrel {

enum class DecimalFault {
  kNotANumber,     // "", "1,5", "abc", digits of other scripts
  kTooLarge,       // 10^38 and above, "1e400"
  kTooManyDigits,  // more than 38 digits, or more than 38 of them behind the point
  kNone,
};

// units() / 10^scale(), always in its shortest form: 1.50 is 15 / 10^1. At most 38 digits.
class Decimal {
 public:
  static constexpr int kMaxDigits = 38;

  constexpr Decimal() = default;
  constexpr explicit Decimal(int64_t whole) : Decimal(whole, 0, Shortest{}) {}
  // `units` / 10^`scale`; |units| < 10^38, scale <= 38.
  static Decimal Make(__int128 units, int scale);

  // Sign, digits with at most one point, and an exponent, all ASCII and nothing else; the value is
  // exactly that of the text.
  static std::expected<Decimal, DecimalFault> Parse(std::string_view text);
  // A number as spreadsheets store it: what has more than 15 significant digits or an exponent is
  // a binary number in disguise ("0.57999999999999996") and stands for the shortest decimal that
  // names it (0.58); everything else is read exactly. A fraction with 17 digits or more is the
  // result of a formula: where the 15 digits that a spreadsheet shows of it name the double itself
  // or one beside it, it stands for those ("3.3000000000000003", of 1.1 + 2.2, is 3.3).
  static std::expected<Decimal, DecimalFault> ParseSpreadsheet(std::string_view text);

  // The same into a number that is there already: for inner loops. kNone when all is well.
  static DecimalFault Parse(std::string_view text, Decimal& out);
  static DecimalFault ParseSpreadsheet(std::string_view text, Decimal& out);

  constexpr __int128 units() const {
    return (static_cast<__int128>(high_) << 64) | static_cast<__int128>(low_);
  }
  constexpr int scale() const { return scale_; }  // digits behind the point
  constexpr bool is_zero() const { return low_ == 0 && high_ == 0; }
  constexpr bool is_negative() const { return high_ < 0; }
  // The value times 10^`scale`; nothing when it has more digits behind the point, or does not fit.
  std::optional<int64_t> Scaled(int scale) const;

  // Nothing when the sum has more than 38 digits.
  std::optional<Decimal> Plus(const Decimal& other) const;
  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const = default;

  // "-12.5": no exponent, no zeros at the end of a fraction.
  std::string ToString() const;

 private:
  struct Shortest {};
  static bool ParseShort(std::string_view text, size_t max_digits, Decimal& out);
  void Set(int64_t units, uint8_t scale) {
    low_ = static_cast<uint64_t>(units);
    high_ = units < 0 ? -1 : 0;
    scale_ = scale;
  }

  constexpr Decimal(__int128 units, int scale, Shortest)
      : low_(static_cast<uint64_t>(units)),
        high_(static_cast<int64_t>(units >> 64)),
        scale_(static_cast<uint8_t>(scale)) {}

  uint64_t low_ = 0;
  int64_t high_ = 0;
  uint8_t scale_ = 0;
};

// The exact sum of any number of decimals.
class DecimalSum {
 public:
  void Add(const Decimal& value);
  void Add(const DecimalSum& other);
  // Nothing when the sum has more than 38 digits; ToString has no limit.
  std::optional<Decimal> Total() const;
  std::string ToString() const;

 private:
  // 10^38 times the sum in limbs of 9 digits, least first, each with the sum's sign or not:
  // carries wait until it is printed.
  using Wide = std::array<int64_t, 10>;
  static void AddTo(Wide& wide, __int128 units, int scale);

  __int128 units_ = 0;
  int scale_ = 0;
  std::unique_ptr<Wide> wide_;  // what did not fit into units_
};

}  // namespace carrel
