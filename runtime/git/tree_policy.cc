#include "runtime/git/tree_policy.h"

#include <fmt/format.h>
#include <locale.h>
#include <wctype.h>

#include <array>

#include "runtime/base/text.h"

namespace carrel::git {
namespace {

constexpr size_t kMaxName = 255;

// The next code point of valid UTF-8; moves `text` past it.
char32_t TakeCodePoint(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t code = length == 1 ? lead : lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  }
  text.remove_prefix(length);
  return code;
}

void AppendUtf8(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const int extra = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr std::array<unsigned, 4> kLead = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead.at(static_cast<size_t>(extra)) | (code >> (6 * extra)));
  for (int i = extra - 1; i >= 0; --i) {
    out += static_cast<char>(0x80u | ((code >> (6 * i)) & 0x3Fu));
  }
}

// Code points that HFS+ leaves out when it compares names.
bool HfsIgnores(char32_t code) {
  return (code >= 0x200C && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x206A && code <= 0x206F) || code == 0xFEFF;
}

class FoldLocale {
 public:
  FoldLocale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  ~FoldLocale() {
    if (locale_ != nullptr) ::freelocale(locale_);
  }
  FoldLocale(const FoldLocale&) = delete;
  FoldLocale& operator=(const FoldLocale&) = delete;
  char32_t Fold(char32_t code) const {
    if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
    if (locale_ == nullptr) return code;
    // upper first: long s and final sigma fold with their plain forms
    return static_cast<char32_t>(
        ::towlower_l(::towupper_l(static_cast<wint_t>(code), locale_), locale_));
  }

 private:
  locale_t locale_;
};

bool IsDotGitAlias(std::string_view name) {
  std::string plain;
  for (std::string_view rest = name; !rest.empty();) {
    if (const char32_t code = TakeCodePoint(rest); !HfsIgnores(code)) AppendUtf8(plain, code);
  }
  plain = FoldName(plain);
  if (const size_t stream = plain.find(':'); stream != std::string::npos) plain.resize(stream);
  while (plain.ends_with('.') || plain.ends_with(' ')) plain.pop_back();
  return plain == ".git" || (plain.size() == 5 && plain.starts_with("git~"));
}

bool HoldsControl(std::string_view name) {
  for (std::string_view rest = name; !rest.empty();) {
    const char32_t code = TakeCodePoint(rest);
    if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return true;
  }
  return false;
}

std::string_view NameFault(std::string_view name) {
  if (name.empty()) return "an empty name";
  if (name.size() > kMaxName) return "a name of more than 255 bytes";
  if (name == "." || name == "..") return "the name of a directory link";
  if (name.find('/') != std::string_view::npos) return "a '/' in a name";
  if (name.find('\\') != std::string_view::npos) return "a backslash in a name";
  if (!IsUtf8(name)) return "a name that is not UTF-8";
  if (HoldsControl(name)) return "a control character in a name";
  if (IsDotGitAlias(name)) return "a name that stands for .git";
  return {};
}

}  // namespace

Status CheckEntryName(std::string_view name, std::string_view path) {
  const std::string_view fault = NameFault(name);
  if (fault.empty()) return {};
  return Fail(Code::kInvalid, fmt::format("\"{}\": {} is not allowed", ShowPath(path), fault));
}

std::string FoldName(std::string_view name) {
  static const FoldLocale locale;
  std::string out;
  out.reserve(name.size());
  while (!name.empty()) AppendUtf8(out, locale.Fold(TakeCodePoint(name)));
  return out;
}

std::string ShowPath(std::string_view path) {
  std::string out;
  for (const char c : EscapeControls(ToUtf8(path))) {
    out += c == '\n' ? "\\x0a" : c == '\t' ? "\\x09" : std::string(1, c);
  }
  return Truncate(out, 300);
}

}  // namespace carrel::git
