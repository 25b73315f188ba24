// Takes credentials out of what reports and people read: answers of servers that send back what
// they were sent, error texts, logs.
//
// Found are the credential itself, with or without its scheme, each of its special characters as it
// is or percent-encoded (once or twice), behind a backslash or as an HTML number, and the whole in
// base64 (both alphabets, at any place of a longer text). In each of these forms any character may
// be escaped as JSON may, \u0041.
//
// Not promised: a server that is given a credential can hand it on in a form nobody foresees, such
// as compressed, encrypted, hashed, reversed, in other letters, cut into pieces over several
// answers or told bit by bit. A credential shorter than six bytes is not looked for at all, it
// would blot out ordinary text. Nor can the copies be wiped that curl, TLS and the kernel make of a
// request on its way. Whoever cannot trust an api with a credential must not give it that one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/report/connection.h"

namespace carrel::report {

// Thread-safe once it is filled.
class SecretScrubber {
 public:
  // `credential`: a whole Authorization value, "ApiKey SU-1:abc"; empty ones are ignored.
  void Add(std::string_view credential);

  // `text` with "***" for every form of every credential.
  std::string Scrub(std::string text) const;

 private:
  // Looked for by its longest run of letters and digits, which encodings leave alone.
  struct Needle {
    Secret text;
    size_t anchor = 0;
    size_t anchor_size = 0;
  };

  void AddNeedle(std::string_view text);
  void AddBase64(std::string_view text);

  std::vector<Needle> needles_;  // longest first
};

}  // namespace carrel::report
