// Small helpers for text that people and terminals read.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel {

std::vector<std::string> Split(std::string_view text, char separator);
std::string Join(std::span<const std::string> parts, std::string_view separator);
bool IsUtf8(std::string_view text);
// Invalid bytes become U+FFFD.
std::string ToUtf8(std::string_view bytes);
// Control characters (all but newline and tab) become \xNN, so that untrusted text cannot drive
// a terminal.
std::string EscapeControls(std::string_view text);
// The first `limit` bytes at most, cut at a character boundary; " ..." follows what was cut.
std::string Truncate(std::string_view text, size_t limit);
// The candidate nearest to `word` when it is near enough to be a slip of the finger, else "".
std::string NearMiss(std::string_view word, std::span<const std::string> candidates);
// "; did you mean 'x'?" for the end of a message, "" when nothing is near.
std::string DidYouMean(std::string_view word, std::span<const std::string> candidates);
// "a ready", "an invalid": the article that its first letter asks for.
std::string WithArticle(std::string_view word);
// "1.2 MiB".
std::string HumanBytes(unsigned long long bytes);

}  // namespace carrel
