// Sizes, times and counts as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/result.h"

namespace ashlar::tools {

// All parse_ functions: kInvalidArgument says what was expected and what was found.

// "4096", "64K", "512M", "4G", "1.5GiB": powers of 1024.
Result<uint64_t> parse_bytes(std::string_view text);
// "500ms", "5s", "10m", "2h", "7d", "1h30m"; a bare number is seconds.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// A duration from `now`, "2030-01-31T12:00:00Z" (the time may be left out), or "@1700000000", in
// seconds since 1970.
Result<std::chrono::system_clock::time_point> parse_moment(
    std::string_view text, std::chrono::system_clock::time_point now);
Result<uint64_t> parse_count(std::string_view text);
Result<int64_t> parse_integer(std::string_view text);

std::string human_bytes(uint64_t bytes);  // "1.5 MiB"
std::string human_count(uint64_t count);  // "1,234,567"
// "1 entry", "1,234 entries"
std::string human_count(uint64_t count, std::string_view one, std::string_view many);
std::string human_duration(std::chrono::milliseconds duration);  // "1h 30m", "4.2s"
std::string human_nanoseconds(uint64_t nanoseconds);             // "1.25 µs"

}  // namespace ashlar::tools
