#include "tools/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace ashlar::tools {

namespace {

using std::chrono::milliseconds;

// Longest time that any of these accepts, 200 years. The system's clock counts nanoseconds in 64
// bits, from 1970 to 2262, and no sum may leave that.
constexpr int64_t kMaximumMilliseconds = int64_t{200} * 365 * 24 * 3600 * 1000;
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2261;

template <typename Integer>
Result<Integer> parse_whole(std::string_view text, const char* expected) {
  Integer value{};
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return Status::invalid_argument(fmt::format("'{}' is not {}", text, expected));
  }
  return value;
}

// Takes a number with an optional fraction off the front of `*text`.
bool take_number(std::string_view* text, double* value) {
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, *value, std::chars_format::fixed);
  if (parsed.ec != std::errc() || *value < 0 || !std::isfinite(*value)) return false;
  text->remove_prefix(static_cast<std::size_t>(parsed.ptr - text->data()));
  return true;
}

// Milliseconds in the unit that stands in front; 0 if there is none. A bare end means seconds.
int64_t take_time_unit(std::string_view* text) {
  constexpr std::array<std::pair<std::string_view, int64_t>, 5> kUnits = {
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  if (text->empty()) return 1000;
  for (const auto& [name, unit_ms] : kUnits) {
    if (text->starts_with(name)) {
      text->remove_prefix(name.size());
      return unit_ms;
    }
  }
  return 0;
}

Status not_a_duration(std::string_view text) {
  return Status::invalid_argument(
      fmt::format("'{}' is not a time: write 500ms, 5s, 10m, 2h, 7d or 1h30m", text));
}

// "2030-01-31" or "2030-01-31T12:00:00" with or without Z; always UTC.
bool parse_date(std::string_view text, std::chrono::system_clock::time_point* moment) {
  using namespace std::chrono;
  if (text.ends_with('Z')) text.remove_suffix(1);
  if (text.size() != 10 && text.size() != 19) return false;
  const std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    const bool same = text[i] == shape[i] || (shape[i] == 'T' && text[i] == ' ');
    if (shape[i] == 'd' ? !digit : !same) return false;
  }
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const year_month_day date(year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                            day(static_cast<unsigned>(number(8, 2))));
  if (!date.ok() || number(0, 4) < kFirstYear || number(0, 4) > kLastYear) return false;
  *moment = sys_days(date);
  if (text.size() == 10) return true;
  if (number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return false;
  *moment += hours(number(11, 2)) + minutes(number(14, 2)) + seconds(number(17, 2));
  return true;
}

}  // namespace

Result<uint64_t> parse_bytes(std::string_view text) {
  const auto error = [text] {
    return Status::invalid_argument(
        fmt::format("'{}' is not a size: write 4096, 64K, 512M or 4G", text));
  };
  std::string_view rest = text;
  double number = 0;
  if (!take_number(&rest, &number)) return error();
  int shift = 0;
  if (!rest.empty() && rest != "B") {
    constexpr std::string_view kUnits = "KMGT";
    const std::size_t unit = kUnits.find(static_cast<char>(rest.front() & ~0x20));
    if (unit == std::string_view::npos) return error();
    shift = static_cast<int>(unit + 1) * 10;
    rest.remove_prefix(1);
    if (!rest.empty() && rest != "B" && rest != "iB") return error();
  }
  const double bytes = std::ldexp(number, shift);
  if (bytes >= 0x1p63) return error();
  return static_cast<uint64_t>(bytes);
}

Result<milliseconds> parse_duration(std::string_view text) {
  std::string_view rest = text;
  double sum_ms = 0;
  do {
    double number = 0;
    if (!take_number(&rest, &number)) return not_a_duration(text);
    const int64_t unit_ms = take_time_unit(&rest);
    if (unit_ms == 0) return not_a_duration(text);
    sum_ms += number * static_cast<double>(unit_ms);
    if (sum_ms > static_cast<double>(kMaximumMilliseconds)) return not_a_duration(text);
  } while (!rest.empty());
  return milliseconds(std::llround(sum_ms));
}

Result<std::chrono::system_clock::time_point> parse_moment(
    std::string_view text, std::chrono::system_clock::time_point now) {
  std::chrono::system_clock::time_point moment;
  if (parse_date(text, &moment)) return moment;
  if (text.starts_with('@')) {
    const auto at = parse_duration(text.substr(1));
    if (at.ok()) return std::chrono::system_clock::time_point(*at);
  } else if (const auto from_now = parse_duration(text); from_now.ok()) {
    return now + *from_now;
  }
  return Status::invalid_argument(fmt::format(
      "'{}' is not a moment: write 10m (from now), 2030-01-31T12:00:00Z or @UNIX-SECONDS", text));
}

Result<uint64_t> parse_count(std::string_view text) {
  return parse_whole<uint64_t>(text, "a whole number");
}

Result<int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  return parse_whole<int64_t>(text, "a 64-bit integer");
}

std::string human_bytes(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto scaled = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (scaled >= 1024 && unit + 1 < kUnits.size()) {
    scaled /= 1024;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", scaled, scaled < 10 ? 2 : scaled < 100 ? 1 : 0, kUnits[unit]);
}

std::string human_count(uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string grouped;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    if (at > 0 && (digits.size() - at) % 3 == 0) grouped += ',';
    grouped += digits[at];
  }
  return grouped;
}

std::string human_count(uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", human_count(count), count == 1 ? one : many);
}

std::string human_duration(milliseconds duration) {
  const int64_t ms = duration.count();
  if (ms < 1000) return fmt::format("{}ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f}s", static_cast<double>(ms) / 1000);
  const int64_t seconds = ms / 1000;
  if (seconds < 3600) return fmt::format("{}m {}s", seconds / 60, seconds % 60);
  if (seconds < 86'400) return fmt::format("{}h {}m", seconds / 3600, seconds % 3600 / 60);
  return fmt::format("{}d {}h", seconds / 86'400, seconds % 86'400 / 3600);
}

std::string human_nanoseconds(uint64_t nanoseconds) {
  const auto value = static_cast<double>(nanoseconds);
  if (nanoseconds < 1000) return fmt::format("{} ns", nanoseconds);
  if (nanoseconds < 1'000'000) return fmt::format("{:.3g} µs", value / 1e3);
  if (value < 0.9995e9) return fmt::format("{:.3g} ms", value / 1e6);
  return fmt::format("{:.3g} s", value / 1e9);
}

}  // namespace ashlar::tools
