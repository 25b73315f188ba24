#include "runtime/usage/fast_rows.h"

#include <charconv>
#include <cstring>

#include "runtime/usage/byte_scan.h"
#include "runtime/usage/xml_text.h"

namespace carrel::usage {
namespace {

// A mismatch nearer to the end of the text may only be a cut-off.
constexpr ptrdiff_t kMargin = 256;
constexpr std::string_view kReference = "<c r=\"";
inline constexpr std::string_view kValueEnd = "</v></c>";
inline constexpr std::string_view kInlineEnd = "</t></is></c>";
constexpr std::string_view kSpacedText = "<t xml:space=\"preserve\">";
constexpr std::array<std::string_view, 13> kRowAttributes = {
    "spans",        "s",         "customFormat", "ht",       "hidden", "customHeight",
    "outlineLevel", "collapsed", "thickTop",     "thickBot", "ph",     "x14ac:dyDescent",
    "dyDescent"};

constexpr uint64_t Word(std::string_view text) {
  uint64_t word = 0;
  for (size_t i = text.size(); i-- > 0;) word = word << 8 | static_cast<unsigned char>(text[i]);
  return std::endian::native == std::endian::little ? word : std::byteswap(word);
}

constexpr uint64_t MaskOf(size_t bytes) {
  if (bytes >= 8) return ~uint64_t{0};
  const uint64_t mask = (uint64_t{1} << (8 * bytes)) - 1;
  return std::endian::native == std::endian::little ? mask : std::byteswap(mask);
}

[[gnu::always_inline]] inline bool StartsWith(const char* at, std::string_view text) {
  return std::memcmp(at, text.data(), text.size()) == 0;
}

[[gnu::always_inline]] inline bool Skip(const char*& at, std::string_view text) {
  if (!StartsWith(at, text)) return false;
  at += text.size();
  return true;
}

// The bytes of a text known to the compiler, without a call.
template <const std::string_view& kText>
[[gnu::always_inline]] inline bool Is(const char* at) {
  static_assert(kText.size() >= 8 && kText.size() <= 16);
  constexpr uint64_t kFirst = Word(kText.substr(0, 8));
  constexpr uint64_t kLast = Word(kText.substr(kText.size() - 8));
  return ((Load64(at) ^ kFirst) | (Load64(at + kText.size() - 8) ^ kLast)) == 0;
}

// Where the first '<' of the 8 bytes is, least significant first; 8 when there is none.
inline size_t FindTag(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t wanted = bytes ^ (kOnes * '<');
  const uint64_t zeros = (wanted - kOnes) & ~wanted & (kOnes << 7);
  return static_cast<size_t>(std::countr_zero(zeros)) / 8;
}

// The value of the first `count` (1 to 7) bytes; false when they are not all digits.
inline bool ReadDigits(uint64_t bytes, size_t count, uint32_t& value) {
  // In front of them come zeros, so that there are always eight digits.
  bytes <<= 64 - 8 * count;
  bytes |= 0x3030303030303030 & MaskOf(8 - count);
  const uint64_t digits = bytes ^ 0x3030303030303030;
  if (((digits + 0x7676767676767676) | digits) & 0x8080808080808080) return false;
  uint64_t pairs = digits * 10 + (digits >> 8);
  constexpr uint64_t kMask = 0x000000FF000000FF;
  constexpr uint64_t kHigh = 0x000F424000000064;  // 100 + (1000000 << 32)
  constexpr uint64_t kLow = 0x0000271000000001;   // 1 + (10000 << 32)
  pairs = ((pairs & kMask) * kHigh + (((pairs >> 16) & kMask) * kLow)) >> 32;
  value = static_cast<uint32_t>(pairs);
  return true;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void SkipSpace(const char*& at) {
  while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') ++at;
}

// ` name="value"`, as every writer writes it.
bool ReadAttribute(const char*& at, std::string_view& name, std::string_view& value) {
  if (*at != ' ') return false;
  const char* begin = ++at;
  while ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == ':' || IsDigit(*at)) {
    ++at;
  }
  name = {begin, at};
  if (name.empty() || !Skip(at, "=\"")) return false;
  begin = at;
  while (static_cast<signed char>(*at) >= ' ' && *at != '"' && *at != '<' && *at != '&') ++at;
  value = {begin, at};
  return *at++ == '"';
}

}  // namespace

FastRows::Step FastRows::Next(const char*& at, const char* end) {
  end_ = end;
  cells_.Clear();
  arena_.Clear();
  const uint32_t last_row = row_number_;
  const char* begin = at;
  SkipSpace(begin);
  stuck_ = begin;
  if (StartsWith(begin, "</sheetData>")) {
    at = begin;
    return Step::kEnd;
  }
  const char* here = begin;
  bool closed = false;
  bool understood = ReadRowTag(here, closed);
  if (understood && !closed) understood = ReadCells(here);
  if (static_cast<uint64_t>(here - begin) > context_.limits.max_row_bytes) understood = false;
  if (understood) {
    at = here;
    return Step::kRow;
  }
  row_number_ = last_row;
  return end - std::max(here, stuck_) < kMargin ? Step::kMore : Step::kUnusual;
}

bool FastRows::SetRowNumber(const char* digits, size_t size) {
  uint32_t number = 0;
  if (size == 0 || size > 7 || digits[0] == '0') return false;
  for (size_t i = 0; i < size; ++i) {
    if (!IsDigit(digits[i])) return false;
    number = number * 10 + static_cast<uint32_t>(digits[i] - '0');
  }
  if (number <= row_number_ || number > context_.limits.max_rows) return false;
  row_number_ = number;
  row_digits_ = size;
  row_mask_ = MaskOf(size);
  row_text_ = Load64(digits) & row_mask_;
  return true;
}

bool FastRows::ReadRowTag(const char*& at, bool& closed) {
  stuck_ = at;
  if (!Skip(at, "<row")) return false;
  if (StartsWith(at, " r=\"")) {
    const char* digits = at + 4;
    const char* behind = digits;
    while (IsDigit(*behind)) ++behind;
    if (*behind != '"' || !SetRowNumber(digits, static_cast<size_t>(behind - digits))) return false;
    at = behind + 1;
    if (!row_tail_.empty() && StartsWith(at, row_tail_)) {
      at += row_tail_.size();
      return true;
    }
  } else {
    char digits[16] = {};
    const auto printed = std::to_chars(digits, digits + sizeof digits, row_number_ + 1);
    if (!SetRowNumber(digits, static_cast<size_t>(printed.ptr - digits))) return false;
  }
  const char* tail = at;
  if (!ReadRowAttributes(at)) return false;
  closed = *at == '/';
  if (closed) ++at;
  if (*at++ != '>') return false;
  const auto size = static_cast<size_t>(at - tail);
  if (!closed && size <= 2 * kScanMargin / 4) row_tail_.assign(tail, size);
  return true;
}

bool FastRows::ReadRowAttributes(const char*& at) {
  uint32_t seen = 0;
  std::string_view name, value;
  while (*at == ' ') {
    stuck_ = at;
    if (!ReadAttribute(at, name, value)) return false;
    size_t which = 0;
    while (which < kRowAttributes.size() && kRowAttributes[which] != name) ++which;
    if (which == kRowAttributes.size() || (seen >> which & 1) != 0) return false;
    seen |= uint32_t{1} << which;
  }
  return true;
}

inline bool FastRows::Matches(const Guess& guess, const char* at) const {
  if (guess.head_size == 0 || ((Load64(at) ^ guess.head) & guess.head_mask) != 0) return false;
  at += guess.head_size;
  if (((Load64(at) ^ row_text_) & row_mask_) != 0) return false;
  at += row_digits_;
  uint64_t difference = 0;
  for (uint32_t i = 0; i < guess.tail_words; ++i) {
    difference |= (Load64(at + size_t{8} * i) ^ guess.tail[i]) & guess.tail_mask[i];
  }
  return difference == 0;
}

inline const char* FastRows::BehindGuess(const Guess& guess, const char* at) const {
  return at + guess.head_size + row_digits_ + guess.tail_size;
}

bool FastRows::ReadCells(const char*& at) {
  const size_t columns = context_.limits.max_columns;
  for (;;) {
    size_t column = cells_.size();
    if (column < kGuessed && column < columns && Matches(guesses_[column], at)) {
      const char* here = BehindGuess(guesses_[column], at);
      if (!ReadGuessed(guesses_[column], column, here)) return false;
      at = here;
      continue;
    }
    stuck_ = at;
    if (Skip(at, "</row>")) return true;
    if (StartsWith(at, kReference)) {
      const char* letters = at + kReference.size();
      column = ReadColumn(letters);
      if (column < kGuessed && column >= cells_.size() && column < columns &&
          Matches(guesses_[column], at)) {
        const char* here = BehindGuess(guesses_[column], at);
        if (!ReadGuessed(guesses_[column], column, here)) return false;
        at = here;
        continue;
      }
    }
    if (!ReadCell(at)) return false;
  }
}

[[gnu::always_inline]] inline bool FastRows::ReadNumber(const char*& at, Cell& cell) {
  const auto [end, special] = FindNumberEnd(at);
  stuck_ = end;
  if (!Is<kValueEnd>(end)) return false;
  const std::string_view text(at, end);
  at = end + kValueEnd.size();
  if (special || text.empty()) [[unlikely]] {
    const auto unescaped = CheckAndUnescapeXml(text, arena_);
    if (!unescaped) return false;
    const CellParts parts{CellType::kNumber, *unescaped, false, cell.date_style};
    return MakeCell(parts, nullptr, arena_, cell) == CellFault::kNone;
  }
  cell.text = text;
  cell.kind = CellKind::kNumber;
  return true;
}

[[gnu::always_inline]] inline bool FastRows::ReadShared(const char*& at, Cell& cell) {
  static_assert(std::endian::native == std::endian::little);
  const uint64_t bytes = Load64(at);
  const size_t digits = FindTag(bytes);
  const char* end = at + digits;
  stuck_ = end;
  uint32_t index = 0;
  if (digits == 0 || digits > 7 || !Is<kValueEnd>(end)) return false;
  if (!ReadDigits(bytes, digits, index)) return false;
  if (context_.strings == nullptr || index >= context_.strings->size()) return false;
  at = end + kValueEnd.size();
  cell.text = (*context_.strings)[index];
  cell.kind = cell.text.empty() ? CellKind::kEmpty : CellKind::kText;
  return true;
}

template <const std::string_view& kClosing>
inline bool FastRows::ReadText(const char*& at, Cell& cell) {
  const auto [end, special] = FindTextEnd(at);
  stuck_ = end;
  if (!Is<kClosing>(end)) return false;
  cell.text = {at, end};
  if (cell.text.size() > context_.limits.max_cell_bytes) return false;
  at = end + kClosing.size();
  if (special) {
    const auto unescaped = CheckAndUnescapeXml(cell.text, arena_);
    if (!unescaped) return false;
    cell.text = UnescapeWorkbookText(*unescaped, arena_);
  }
  cell.kind = cell.text.empty() ? CellKind::kEmpty : CellKind::kText;
  return true;
}

inline bool FastRows::ReadGuessed(const Guess& guess, size_t column, const char*& at) {
  Cell& cell = cells_.Put(column);
  cell.date_style = guess.date_style;
  if (guess.empty) {
    cell.kind = CellKind::kEmpty;
    cell.text = {};
    return true;
  }
  switch (guess.type) {
    case CellType::kNumber:
      return ReadNumber(at, cell);
    case CellType::kShared:
      return ReadShared(at, cell);
    case CellType::kInline:
      return ReadText<kInlineEnd>(at, cell);
    default:
      return ReadText<kValueEnd>(at, cell);
  }
}

bool FastRows::ReadReference(const char*& at, Tag& tag) {
  const char* here = at;
  tag.column = ReadColumn(here);
  if (tag.column == SIZE_MAX) return false;
  if (((Load64(here) ^ row_text_) & row_mask_) != 0) return false;
  here += row_digits_;
  if (*here != '"') return false;
  at = here;
  return true;
}

bool FastRows::ReadCellTag(const char*& at, Tag& tag) {
  if (!Skip(at, "<c")) return false;
  tag.column = cells_.size();
  uint32_t seen = 0;
  constexpr std::array<std::string_view, 6> kKnown = {"r", "s", "t", "cm", "vm", "ph"};
  std::string_view name, value;
  while (*at == ' ') {
    const char* begin = at;
    if (!ReadAttribute(at, name, value)) return false;
    size_t which = 0;
    while (which < kKnown.size() && kKnown[which] != name) ++which;
    if (which == kKnown.size() || (seen >> which & 1) != 0) return false;
    if (name == "r") {
      const char* letters = begin + 4;
      if (!ReadReference(letters, tag)) return false;
      if (seen == 0) tag.tail = letters;
    } else if (name == "s") {
      uint32_t style = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), style);
      if (error != std::errc() || end != value.data() + value.size()) return false;
      const auto& dates = *context_.date_styles;
      tag.date_style = style < dates.size() && dates[style];
    } else if (name == "t") {
      tag.type = CellTypeOf(value);
    }
    seen |= uint32_t{1} << which;
  }
  tag.closed = *at == '/';
  if (tag.closed) ++at;
  return *at++ == '>' && tag.column >= cells_.size() && tag.column < context_.limits.max_columns;
}

bool FastRows::ReadCell(const char*& at) {
  const char* here = at;
  Tag tag;
  stuck_ = here;
  if (!ReadCellTag(here, tag)) {
    // A cell that ends beyond the text is no different one.
    if (end_ - at < kMargin) stuck_ = end_;
    return false;
  }
  if (tag.closed) {
    Remember(tag, at, here);
    Cell& cell = cells_.Put(tag.column);
    cell = Cell{{}, CellKind::kEmpty, tag.date_style};
    at = here;
    return true;
  }
  const char* value = here;
  if (tag.type == CellType::kInline) {
    if (Skip(value, "<is>") && (Skip(value, "<t>") || Skip(value, kSpacedText))) {
      Remember(tag, at, value);
    }
  } else if (Skip(value, "<v>") && tag.type <= CellType::kString) {
    Remember(tag, at, value);
  }
  if (!ReadCellBody(here, tag)) return false;
  at = here;
  return true;
}

// The text up to the next tag.
bool FastRows::ReadContent(const char*& at, std::string_view& text) {
  const auto [end, special] = FindTextEnd(at);
  stuck_ = end;
  text = {at, end};
  at = end;
  if (!special) return true;
  const auto unescaped = CheckAndUnescapeXml(text, arena_);
  if (unescaped) text = *unescaped;
  return unescaped.has_value();
}

bool FastRows::ReadFormula(const char*& at) {
  std::string_view name, value, text;
  std::array<std::string_view, 16> seen;
  size_t count = 0;
  while (*at == ' ') {
    if (!ReadAttribute(at, name, value) || count == seen.size()) return false;
    for (size_t i = 0; i < count; ++i) {
      if (seen[i] == name) return false;
    }
    seen[count++] = name;
  }
  if (Skip(at, "/>")) return true;
  return Skip(at, ">") && ReadContent(at, text) && Skip(at, "</f>");
}

bool FastRows::ReadInline(const char*& at, std::string_view& text) {
  if (Skip(at, "<t/>")) {
    text = {};
  } else if (!(Skip(at, "<t>") || Skip(at, kSpacedText)) || !ReadContent(at, text) ||
             !Skip(at, "</t>")) {
    return false;
  }
  return Skip(at, "</is>");
}

bool FastRows::ReadCellBody(const char*& at, const Tag& tag) {
  CellParts parts{tag.type, {}, false, tag.date_style};
  stuck_ = at;
  if (StartsWith(at, "<f") && (at[2] == '>' || at[2] == ' ' || at[2] == '/')) {
    at += 2;
    parts.has_formula = true;
    if (!ReadFormula(at)) return false;
  }
  stuck_ = at;
  if (Skip(at, "<v>")) {
    if (!ReadContent(at, parts.text) || !Skip(at, "</v>")) return false;
    if (tag.type == CellType::kInline) return false;
  } else if (Skip(at, "<is>")) {
    if (tag.type != CellType::kInline || !ReadInline(at, parts.text)) return false;
    parts.text = UnescapeWorkbookText(parts.text, arena_);
  } else {
    Skip(at, "<v/>");
  }
  stuck_ = at;
  if (!Skip(at, "</c>") || parts.text.size() > context_.limits.max_cell_bytes) return false;
  return MakeCell(parts, context_.strings, arena_, cells_.Put(tag.column)) == CellFault::kNone;
}

void FastRows::Remember(const Tag& tag, const char* at, const char* value) {
  if (tag.tail == nullptr || tag.column >= kGuessed) return;
  const auto tail_size = static_cast<size_t>(value - tag.tail);
  const auto head_size = static_cast<size_t>(tag.tail - at) - row_digits_;
  if (tail_size > Guess::kWords * 8 || head_size > 8) return;
  Guess& guess = guesses_[tag.column];
  guess.head_size = static_cast<uint32_t>(head_size);
  guess.head_mask = MaskOf(head_size);
  guess.head = Load64(at) & guess.head_mask;
  guess.type = tag.type;
  guess.empty = tag.closed;
  guess.date_style = tag.date_style;
  guess.tail_size = static_cast<uint32_t>(tail_size);
  guess.tail_words = static_cast<uint32_t>((tail_size + 7) / 8);
  for (size_t i = 0; i < guess.tail_words; ++i) {
    guess.tail_mask[i] = MaskOf(tail_size - 8 * i);
    guess.tail[i] = Load64(tag.tail + 8 * i) & guess.tail_mask[i];
  }
}

}  // namespace carrel::usage
