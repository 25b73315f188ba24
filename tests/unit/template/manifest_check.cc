// Reads manifests from standard input, one JSON string with a whole reports.json a line, and
// answers each with one line of faults as JSON: how schema_agreement.py asks the parser.
#include <iostream>
#include <string>

#include "runtime/base/json.h"
#include "runtime/template/fault_text.h"
#include "runtime/template/parser.h"

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto text = carrel::ParseJson(line);
    if (!text || !text->is_string()) return 2;
    const auto parsed = carrel::manifest::ParseManifest(text->get<std::string>());
    std::cout << carrel::DumpJson(carrel::manifest::FaultsToJson(parsed.faults)) << std::endl;
  }
  return 0;
}
