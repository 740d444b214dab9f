// What the examples print: numbers for people, one way to give up, a progress bar.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "ashlar/status.h"

namespace ashlar::examples {

// 1234567 as "1,234,567".
std::string with_commas(uint64_t number);
// Bytes as "12.3 MB".
std::string with_unit(uint64_t bytes);

// Prints one sentence on standard error and ends the process with exit code 1.
[[noreturn]] void give_up(std::string_view doing, std::string_view why);

inline void require(const Status& status, std::string_view doing) {
  if (!status.ok()) give_up(doing, status.to_string());
}
template <typename T>
T require(Result<T> result, std::string_view doing) {
  require(result.status(), doing);
  return std::move(result).value();
}

// A bar that is redrawn in place on a terminal, and not drawn at all in a pipe.
class ProgressBar {
 public:
  // `total` is what show() will reach, in any unit.
  explicit ProgressBar(uint64_t total);
  // Redraws the bar with `text` beside it, 20 times a second at most.
  void show(uint64_t done, std::string_view text);
  // Removes it.
  void clear();

 private:
  uint64_t total_;
  bool terminal_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace ashlar::examples
