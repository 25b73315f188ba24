#include "runtime/cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "runtime/base/text.h"

namespace carrel::cli {
namespace {

std::string_view Code(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kRed:
      return "\x1b[31m";
    case Style::kGreen:
      return "\x1b[32m";
    case Style::kYellow:
      return "\x1b[33m";
  }
  return "";
}

bool IsTerminal(int fd) {
  const char* term = std::getenv("TERM");
  return ::isatty(fd) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

bool WantsColour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return no_colour == nullptr || *no_colour == '\0';
}

// Characters, not bytes: enough to line up columns of European text.
size_t Width(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// Text from elsewhere must not begin a row of its own.
std::string OneLine(std::string_view text) {
  std::string out;
  for (const char c : EscapeControls(text)) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Console::Console(Output output)
    : output_(output),
      is_interactive_(IsTerminal(STDERR_FILENO)),
      has_colour_(is_interactive_ && WantsColour()),
      stdout_has_colour_(IsTerminal(STDOUT_FILENO) && WantsColour()) {}

void Console::Print(std::string_view text) {
  if (is_json()) return;
  PrintRaw(EscapeControls(text) + "\n");
}

void Console::PrintLine(std::string_view text) { Print(OneLine(text)); }

void Console::PrintRaw(std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Console::PrintJson(const OrderedJson& value) {
  PrintRaw(value.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
}

void Console::PrintTable(std::vector<std::vector<std::string>> rows) {
  std::vector<size_t> widths;
  for (auto& row : rows) {
    for (std::string& cell : row) cell = OneLine(cell);
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - Width(row[i]) + 2, ' ');
    }
    Print(line);
  }
}

void Console::WriteError(std::string_view text) {
  const std::string all =
      bar_.empty() ? std::string(text) : fmt::format("\r\x1b[K{}{}", text, bar_);
  std::fwrite(all.data(), 1, all.size(), stderr);
}

void Console::Note(std::string_view text, Style style) {
  const std::string safe = EscapeControls(text);
  const std::lock_guard lock(mutex_);
  if (has_colour_ && style != Style::kPlain) {
    WriteError(fmt::format("{}{}\x1b[0m\n", Code(style), safe));
  } else {
    WriteError(safe + "\n");
  }
}

OrderedJson ErrorJson(const Error& error) {
  return {{"code", CodeName(error.code)}, {"message", error.message}};
}

void Console::NoteError(const Error& error) {
  Note("carrel: error: " + error.message, Style::kRed);
}

void Console::PrintError(const Error& error) {
  NoteError(error);
  if (is_json()) PrintJson({{"error", ErrorJson(error)}});
}

void Console::SetBar(std::string_view bar) {
  if (!is_interactive_) return;
  const std::lock_guard lock(mutex_);
  bar_ = EscapeControls(bar);
  const std::string all = "\r\x1b[K" + bar_;
  std::fwrite(all.data(), 1, all.size(), stderr);
}

}  // namespace carrel::cli
