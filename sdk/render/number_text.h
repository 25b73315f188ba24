// How floating point numbers are printed by the formats we must match to the byte. All forms use
// the shortest digits that read back as the same double.
#pragma once

#include <cstdint>
#include <string>

namespace carrel::render {

// What each of the functions below may write, at most.
inline constexpr size_t kNumberRoom = 40;

// As Python's repr: "1.0", "1e+16", "1e-05", "inf", "-inf", "nan". Returns the end.
char* PutPythonFloat(char* to, double value);

// As orjson 3.13: "1.0", "1e+16", "0.00001", "1e-6"; "null" when not finite.
char* PutJsonFloat(char* to, double value);

// Without a point where none is needed: "1", "0.58", "1e+22". `value` is finite.
char* PutShortest(char* to, double value);

// Decimal digits.
char* PutInteger(char* to, int64_t value);

void AppendPythonFloat(std::string& out, double value);
void AppendJsonFloat(std::string& out, double value);
void AppendShortest(std::string& out, double value);
void AppendInteger(std::string& out, int64_t value);

}  // namespace carrel::render
