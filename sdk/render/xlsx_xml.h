// The small parts of a workbook as XML trees: parsed so that nothing is lost and written back
// without a byte of layout added. Elements are looked up by local name, since a writer may prefix
// them ("x:sheet"). Only .cc files of this folder include this header.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::render {

// Elements, attributes and texts of one tree, so that its memory is bounded (about 64 bytes each).
inline constexpr size_t kMaxXmlNodes = 1'000'000;

// Refuses what XmlScanner refuses, and with kLimit more than kMaxXmlNodes or too little memory.
Status XmlParse(std::string_view text, pugi::xml_document& document);
// UTF-8, with a declaration.
std::string XmlText(const pugi::xml_document& document);

std::string_view XmlLocalName(pugi::xml_node node);
// "x:" or "".
std::string XmlPrefix(pugi::xml_node node);
pugi::xml_node XmlChild(pugi::xml_node parent, std::string_view local_name);
// Sets an attribute, adding it when it is absent.
void XmlSet(pugi::xml_node node, std::string_view name, std::string_view value);

}  // namespace carrel::render
