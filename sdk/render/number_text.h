// How floating point numbers are printed by the formats we must match to the byte. All forms use
// the shortest digits that read back as the same double.
#pragma once

#include <string>

namespace carrel::render {

// As Python's repr: "1.0", "1e+16", "1e-05", "inf", "-inf", "nan".
void AppendPythonFloat(std::string& out, double value);

// As orjson up to 3.11: "1.0", "1e16", "0.00001", "1e-6"; "null" when not finite.
void AppendJsonFloat(std::string& out, double value);

// As std::to_chars: "1", "1e+16". `value` is finite.
void AppendShortest(std::string& out, double value);

}  // namespace carrel::render
