#include "runtime/report/secret_scrubber.h"

#include <string.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace carrel::report {
namespace {

constexpr size_t kShortest = 6;
// A part of a credential, or a stretch of base64, this long is no ordinary text.
constexpr size_t kShortestPart = 16;
constexpr std::string_view kMask = "***";

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").contains(c);
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsHex(std::string_view digits, char c) {
  const auto byte = static_cast<unsigned char>(c);
  return HexValue(digits[0]) == byte >> 4 && HexValue(digits[1]) == (byte & 15);
}

// The sizes of what IsEncoding knows. The longest first: it may hold the character as it is.
constexpr size_t kEncodingSizes[] = {6, 5, 3, 2, 1};

bool IsEncoding(std::string_view piece, char c) {
  if (IsUnreserved(c)) return piece.size() == 1 && piece[0] == c;
  switch (piece.size()) {
    case 1:
      return piece[0] == c;
    case 2:
      return piece[0] == '\\' && piece[1] == c;
    case 3:
      return piece[0] == '%' && IsHex(piece.substr(1), c);
    case 5:
      return (piece.starts_with("%25") && IsHex(piece.substr(3), c)) ||
             piece == "&#" + std::to_string(static_cast<unsigned char>(c)) + ";";
    case 6:
      return piece.starts_with("&#x") && piece.ends_with(';') && IsHex(piece.substr(3), c);
    default:
      return false;
  }
}

// How many bytes of `text` from `at` on say `what` in some encoding; npos: it is not said.
size_t MatchAfter(std::string_view text, size_t at, std::string_view what) {
  const size_t begin = at;
  for (const char c : what) {
    const auto* size = std::ranges::find_if(kEncodingSizes, [&](size_t n) {
      return at + n <= text.size() && IsEncoding(text.substr(at, n), c);
    });
    if (size == std::end(kEncodingSizes)) return text.npos;
    at += *size;
  }
  return at - begin;
}

// The same for the bytes that end at `end`, and not before `limit`.
size_t MatchBefore(std::string_view text, size_t limit, size_t end, std::string_view what) {
  size_t at = end;
  for (size_t i = what.size(); i-- > 0;) {
    const auto* size = std::ranges::find_if(kEncodingSizes, [&](size_t n) {
      return at >= limit + n && IsEncoding(text.substr(at - n, n), what[i]);
    });
    if (size == std::end(kEncodingSizes)) return text.npos;
    at -= *size;
  }
  return end - at;
}

// The characters of base64 that stand for `text` alone when `offset` other bytes come before it
// and any after it.
std::string Base64Inside(std::string_view text, size_t offset, std::string_view last_two) {
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string out;
  uint32_t bits = 0;
  size_t held = offset * 8 % 6;  // of the character that the bytes before share with `text`
  bool shared = held > 0;
  for (const char c : text) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    held += 8;
    while (held >= 6) {
      held -= 6;
      const size_t value = bits >> held & 63;
      if (!shared) out += value < 62 ? kLetters[value] : last_two[value - 62];
      shared = false;
    }
  }
  return out;
}

// Where the longest stretch of unreserved characters is; without any, the first character.
std::pair<size_t, size_t> LongestRun(std::string_view text) {
  size_t best = 0;
  size_t best_size = 1;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin;
    while (end < text.size() && IsUnreserved(text[end])) ++end;
    if (end - begin > best_size) {
      best = begin;
      best_size = end - begin;
    }
    begin = end + 1;
  }
  return {best, best_size};
}

size_t Find(std::string_view text, std::string_view what, size_t from) {
  const void* at = memmem(text.data() + from, text.size() - from, what.data(), what.size());
  return at == nullptr ? text.npos
                       : static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

struct Place {
  size_t begin = 0;
  size_t end = 0;
};

// Where `text` says the three parts, one behind the other.
std::vector<Place> PlacesOf(std::string_view text, std::string_view before, std::string_view anchor,
                            std::string_view after) {
  std::vector<Place> places;
  size_t done = 0;
  for (size_t at = Find(text, anchor, 0); at != text.npos;) {
    const size_t end = at + anchor.size();
    const size_t left = MatchBefore(text, done, at, before);
    const size_t right = left == text.npos ? left : MatchAfter(text, end, after);
    if (right == text.npos) {
      at = Find(text, anchor, at + 1);
      continue;
    }
    done = end + right;
    places.push_back({.begin = at - left, .end = done});
    at = Find(text, anchor, done);
  }
  return places;
}

std::string Mask(std::string_view text, const std::vector<Place>& places) {
  std::string out;
  size_t done = 0;
  for (const Place& place : places) {
    out.append(text.substr(done, place.begin - done)).append(kMask);
    done = place.end;
  }
  return out.append(text.substr(done));
}

constexpr std::string_view kEscape = "\\u00";
constexpr size_t kEscapeSize = 6;

// A text with each of its JSON escapes of one byte, "\u0041", as that byte.
class Unescaped {
 public:
  explicit Unescaped(std::string_view text) {
    size_t done = 0;
    for (size_t at = Find(text, kEscape, 0); at != text.npos; at = Find(text, kEscape, at + 1)) {
      if (at + kEscapeSize > text.size()) break;
      const int high = HexValue(text[at + kEscape.size()]);
      const int low = HexValue(text[at + kEscape.size() + 1]);
      if (high < 0 || low < 0) continue;
      text_.append(text.substr(done, at - done));
      escapes_.push_back(text_.size());
      text_ += static_cast<char>(high << 4 | low);
      done = at + kEscapeSize;
    }
    text_.append(text.substr(done));
  }

  std::string_view text() const { return text_; }
  Place Origin(Place place) const { return {Origin(place.begin), Origin(place.end)}; }

 private:
  size_t Origin(size_t at) const {
    const auto before = std::ranges::lower_bound(escapes_, at) - escapes_.begin();
    return at + static_cast<size_t>(before) * (kEscapeSize - 1);
  }

  std::string text_;
  std::vector<size_t> escapes_;  // their places in it
};

}  // namespace

void SecretScrubber::Add(std::string_view credential) {
  // "ApiKey SU-1:abc" is also secret without its scheme, and a long "abc" without its name.
  const std::string_view key = credential.substr(credential.rfind(' ') + 1);
  const std::string_view half = key.substr(key.rfind(':') + 1);
  if (key.size() < kShortest) return;
  AddNeedle(credential);
  AddNeedle(key);
  AddBase64(key);
  if (half.size() < kShortestPart) return;
  AddNeedle(half);
  AddBase64(half);
}

void SecretScrubber::AddNeedle(std::string_view text) {
  const auto size_of = [](const Needle& needle) { return needle.text.Reveal().size(); };
  const bool known = std::ranges::any_of(
      needles_, [&](const Needle& needle) { return needle.text.Reveal() == text; });
  if (known) return;
  const auto [anchor, anchor_size] = LongestRun(text);
  const auto place = std::ranges::find_if(
      needles_, [&](const Needle& needle) { return size_of(needle) < text.size(); });
  needles_.insert(place, Needle{Secret(text), anchor, anchor_size});
}

void SecretScrubber::AddBase64(std::string_view text) {
  for (size_t offset = 0; offset < 3; ++offset) {
    for (const std::string_view last_two : {"+/", "-_"}) {
      const std::string form = Base64Inside(text, offset, last_two);
      if (form.size() >= kShortest) AddNeedle(form);
    }
  }
}

std::string SecretScrubber::Scrub(std::string text) const {
  const auto places_of = [](const Needle& needle, std::string_view in) {
    const std::string_view whole = needle.text.Reveal();
    return PlacesOf(in, whole.substr(0, needle.anchor),
                    whole.substr(needle.anchor, needle.anchor_size),
                    whole.substr(needle.anchor + needle.anchor_size));
  };
  for (const Needle& needle : needles_) {
    const std::vector<Place> places = places_of(needle, text);
    if (!places.empty()) text = Mask(text, places);
  }
  if (Find(text, kEscape, 0) == text.npos) return text;
  Unescaped plain(text);
  for (const Needle& needle : needles_) {
    std::vector<Place> places = places_of(needle, plain.text());
    if (places.empty()) continue;
    for (Place& place : places) place = plain.Origin(place);
    text = Mask(text, places);
    plain = Unescaped(text);
  }
  return text;
}

}  // namespace carrel::report
