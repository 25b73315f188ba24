// Finds the part of a workbook's XML that holds the data, and lets the general XML scanner take
// over from the fast parsers at any place of it.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/usage/byte_window.h"
#include "sdk/render/xml_scanner.h"

namespace carrel::usage {

struct XmlSection {
  bool found = false;
  bool empty = false;     // <sheetData/>
  size_t offset = 0;      // from the window's begin: the first byte behind the start tag
  std::string opener;     // the start tags of the open elements, without attributes
  bool prefixed = false;  // whether any of them has a prefix
};

// The first element with the local names `path` ("worksheet", "sheetData") from the root; the
// window keeps all bytes. Errors are the scanner's.
Result<XmlSection> FindXmlSection(ByteWindow& window, std::span<const std::string_view> path);

// A source for XmlScanner: `opener`, then the window from `at` on to the end of its stream.
render::XmlScanner::Source ContinueXml(std::string opener, ByteWindow& window, const char* at);

// The text between the tags of <a>text</a>, appended piece by piece. False when it is not
// well-formed.
bool AppendXmlToken(render::XmlToken token, std::string_view raw, std::string& out);

}  // namespace carrel::usage
